"""Worlds whose truth is known: position reports of a fleet, with every fault of the catalogue on demand."""
