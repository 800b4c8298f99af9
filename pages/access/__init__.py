"""Who may open the app, and what of them and of their films is kept: nothing of the pages runs before it."""
