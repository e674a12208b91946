"""Texts from the shares of characters: as a bundle reads them."""

from roadstead.bundle.reading import best_path, best_text, likelihood

__all__ = ["best_path", "best_text", "likelihood"]
