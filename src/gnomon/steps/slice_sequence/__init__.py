"""Some of the images, with all that goes with them."""
