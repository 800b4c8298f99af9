"""Work on more than one machine, and archives of films; Ray is imported where it is used alone."""
