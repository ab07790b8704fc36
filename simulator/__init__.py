"""A synthetic hospital: writes raw feeds at any size, and beside them the truth. Imports nothing of ours."""
