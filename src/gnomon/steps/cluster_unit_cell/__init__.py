"""Which crystals have one unit cell."""
