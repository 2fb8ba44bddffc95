"""How far the data reach."""
