"""A dataset folder: samples, their formats (one file each), and the truth of what was simulated or labelled."""
