"""Which data sets are alike: correlations, coordinates, and clusters that significance supports."""
