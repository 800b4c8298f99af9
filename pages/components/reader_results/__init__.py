"""The results page of a reader study."""
