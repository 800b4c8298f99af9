"""Review of a predictions table: what is computed of it, drawn of it and said of it, for page and report."""
