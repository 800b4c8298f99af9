"""The reader as an HTTP service: films in, the JSON of ``predict`` out."""
