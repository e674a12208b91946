"""Worlds whose truth is known: rendered scenes, and position reports, with every behaviour and every fault on demand."""
