"""Parts of the page of a reader study."""
