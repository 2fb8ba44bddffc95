"""gnomon: from X-ray diffraction images to merged intensities."""

__version__ = "0.1.0"
