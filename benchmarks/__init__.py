"""Measurements of whole nights: how long, how much memory, layer by layer. Nothing here is imported by the pipeline."""
