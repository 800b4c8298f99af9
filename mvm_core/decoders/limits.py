"""What one image may cost."""

TIME_LIMIT_S = 5
"""Seconds of processor time for one image."""

WALL_LIMIT_S = 30
"""Seconds by the clock for one image, on a machine that is busy with other things."""

MEMORY_LIMIT_BYTES = 1024 * 1024 * 1024
"""Address space of a decoder."""
