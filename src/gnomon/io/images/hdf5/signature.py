"""How an HDF5 file is told by its first bytes; apart, so that other files need not wait for h5py."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"
