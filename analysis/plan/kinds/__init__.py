"""One module a kind of analysis. Each has `run(analysis, collect)`: takes columns, calls the statistics, writes rows.

No statistics live here, and no wording: the first are in analysis/methods, the second in analysis/report. A new kind
is a new module and its name in KINDS.
"""
