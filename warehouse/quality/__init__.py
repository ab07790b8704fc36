"""Results of checks, and what of the feeds was not understood."""
