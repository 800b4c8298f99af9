"""The evidence pack: a release's own files set against the checklists that a reviewer asks for."""
