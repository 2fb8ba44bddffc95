"""How the intensities of scaled data change with dose."""
