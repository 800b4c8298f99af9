"""The two faces of page Review: films that `deidentify` made, rows that `import-cohort` doubts."""
