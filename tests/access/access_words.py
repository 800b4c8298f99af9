"""Words that several tests use."""

PASSWORD = "correct horse battery"
