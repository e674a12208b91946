"""A model folder: its card, and the way from a picture to a tensor and back to boxes."""
