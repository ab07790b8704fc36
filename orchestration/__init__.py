"""Dagster and the command line: definitions, assets by layer, checks, schedule, resources. The only package that knows all others; holds no clinical logic and no statistics."""
