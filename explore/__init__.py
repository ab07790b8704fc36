"""For people who look at a study themselves: a release opened for a notebook, and the explorer for investigators.

Knows the store, to open a release read-only, and the statistics, which do all the computing. Nothing is written.
"""

from cartwright.explore.opening import open_study

__all__ = ["open_study"]
