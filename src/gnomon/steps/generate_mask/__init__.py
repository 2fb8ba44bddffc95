"""Which pixels may be used, as a mask."""
