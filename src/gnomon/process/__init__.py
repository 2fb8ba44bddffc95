"""From experiments to scaled intensities, deciding at each stage as an expert would, and saying why."""
