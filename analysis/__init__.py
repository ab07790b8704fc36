"""Statistics as pure functions, and what is made of them: tables, figures, report.

No Dagster, no database, nothing of our other packages.
"""
