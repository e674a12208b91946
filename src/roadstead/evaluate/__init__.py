"""Metrics of every task, on numpy: no training framework is needed to judge what was found."""
