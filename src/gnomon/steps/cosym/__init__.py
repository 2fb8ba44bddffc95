"""Laue group and indexing choice of many crystals together."""
