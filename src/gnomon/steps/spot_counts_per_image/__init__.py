"""Spots of each image: how many, how strong, how far they reach, and whether ice is among them."""
