"""The models on Apache Spark: a cluster, what goes out to it as Parquet, its tables beside those of DuckDB."""
