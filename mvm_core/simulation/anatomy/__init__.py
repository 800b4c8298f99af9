"""Bones built from surfaces that the user brings, for site ``c``."""
