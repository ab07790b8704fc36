"""The care of a house: examined, pruned, made compact, saved and brought back."""
