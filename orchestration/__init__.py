"""Dagster and the command line: definitions, assets by layer, checks, schedule, resources.

The only package that knows all others. No clinical logic and no statistics may live here, only the order of the night.
"""
