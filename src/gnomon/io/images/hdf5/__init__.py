"""Many images in one HDF5 file: NXmx, and what DECTRIS detectors wrote before it."""
