"""How the record's tables came about, for Alembic."""
