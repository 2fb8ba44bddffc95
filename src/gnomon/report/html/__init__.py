"""Reports to look at: one self-contained HTML page a step, drawn from its summary alone."""
