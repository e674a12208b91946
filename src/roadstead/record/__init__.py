"""Video kept on disk, and the evidence cut from it."""
