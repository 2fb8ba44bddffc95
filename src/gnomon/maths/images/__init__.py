"""Images and pixels: which count, and which do not."""
