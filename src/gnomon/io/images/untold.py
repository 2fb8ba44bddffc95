"""What a header does not tell and the user must: the names of the parameters of import that stand for it."""

WAVELENGTH = "geometry.beam.wavelength"
DISTANCE = "geometry.detector.distance"
PIXEL_SIZE = "geometry.detector.panel.pixel_size"
