"""Images to experiments: headers read, sweeps found, models shared."""
