"""Tables and results of a release, written for other programs: CSV, JSON, Parquet, workbooks with their dictionary."""
