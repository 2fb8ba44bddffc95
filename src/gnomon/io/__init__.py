"""Files: experiments, reflections, images, merged data."""
