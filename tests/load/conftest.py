"""The modules of this folder import each other."""
