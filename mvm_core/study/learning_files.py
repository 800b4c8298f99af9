"""Where a learning curve lies: its table of areas and its record."""

TABLE, RECORD = "learning_curve.csv", "learning_curve.json"
