"""How large and how small a film may be."""

MAX_FILE_BYTES = 200 * 1024 * 1024
"""Of one file, in bytes, packed or unpacked."""

MAX_PIXELS = 64_000_000
"""Of one film; a stitched film of a whole spine has some 35 million."""

MIN_SIDE_PX = 16
"""Of either side of a film, in pixels."""
