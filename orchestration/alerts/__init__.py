"""Telling: what a run leaves in Dagster's books, and who receives it."""
