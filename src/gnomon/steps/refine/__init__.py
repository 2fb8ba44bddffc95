"""Refine geometry: beam, detector and crystals, static and along the scan."""
