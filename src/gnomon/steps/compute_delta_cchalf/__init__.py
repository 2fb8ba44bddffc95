"""What each data set does to CC1/2 of scaled data."""
