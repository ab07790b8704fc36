"""Machine code for the searches where numba is installed, the same functions in plain Python where it is not."""

from __future__ import annotations

from typing import Any

try:
    from numba import njit

    # Not cached on disk: numba would keep a function whose callee in another file has changed.
    compiled = njit(error_model="numpy")
except ImportError:  # enough for tests and for scoring a cohort; a search would take days

    def compiled(function: Any) -> Any:
        """The function itself."""
        return function
