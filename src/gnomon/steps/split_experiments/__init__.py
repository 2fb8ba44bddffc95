"""One experiment list as many."""
