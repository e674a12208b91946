"""Ways as rows of numbers: as a bundle is shown them."""

from roadstead.bundle.ways import FEATURES, features

__all__ = ["FEATURES", "features"]
