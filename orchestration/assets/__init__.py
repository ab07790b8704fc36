"""The assets of Dagster, by layer, and what they share."""
