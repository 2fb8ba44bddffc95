"""Some of the reflections, by what is known of them."""
