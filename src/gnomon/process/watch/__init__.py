"""Following a data collection: images are searched for spots as they arrive."""
