"""The world of the shipped sample: a junction by a work-site gate, drawn with numpy and OpenCV alone.

Ground coordinates are metres, x east and y north, z up; colours are RGB.
"""
