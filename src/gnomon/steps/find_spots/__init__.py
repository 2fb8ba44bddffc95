"""Strong pixels, and the spots they make."""
