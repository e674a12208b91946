"""Tags of tokens and the rules they keep: as a bundle says them."""

from roadstead.bundle.tagging import best, closes, may_follow

__all__ = ["best", "closes", "may_follow"]
