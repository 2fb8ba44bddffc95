"""What several data sets have in common, and how alike they are."""
