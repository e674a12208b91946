"""AIS messages (ITU-R M.1371-5, annex 8) to values and back: types 1-5, 9, 18, 19, 21, 24 and 27."""
