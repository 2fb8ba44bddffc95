"""From spots to merged data while the images come."""
