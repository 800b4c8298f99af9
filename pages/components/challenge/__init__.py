"""The parts of the challenge's pages."""
