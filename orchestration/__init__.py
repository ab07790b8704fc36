"""Dagster and the command line: definitions, assets by layer, checks, schedule, resources.

The only package that knows all others. No clinical logic and no statistics may live here, only the order of the night.
"""

import os

# Read when numpy is loaded. A study's matrices are small, and two processes share the cores: threads of the linear
# algebra cost a fifth of the statistics.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
