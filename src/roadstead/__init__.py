"""Roadstead: cameras, truck terminals and ship transponders into evidence-backed violation cases."""

__version__ = "0.1.0"
