"""The only numba: arrays and scalars in, arrays out; one loop nest, one idea."""
