"""Version 1: lenient input, expanded output, offsets."""
