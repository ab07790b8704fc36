"""The analysis plan: its rows as objects, one module a kind of analysis, results as tidy rows."""
