"""One thing is named as one, none and several as several; both rooms say it alike."""

from __future__ import annotations

import pytest

from cartwright.analysis import counted as of_analysis
from cartwright.warehouse import counted as of_warehouse


@pytest.mark.parametrize("counted", [of_analysis.counted, of_warehouse.counted])
def test_a_number_and_what_it_counts(counted) -> None:
    assert [counted(number, "row") for number in (0, 1, 2, 1234)] == ["0 rows", "1 row", "2 rows", "1,234 rows"]
    assert [counted(number, "query", "queries") for number in (1, 2)] == ["1 query", "2 queries"]
