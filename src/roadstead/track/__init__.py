"""Detections to Tracks."""
