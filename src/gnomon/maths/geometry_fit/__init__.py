"""Joint least squares over beam, detector and crystals: Waterman et al. 2016, Acta Cryst. D72, 558."""
