"""The dated facts of a whole hospital: every fact of the catalogue has rows there, and one at a time stands."""

from __future__ import annotations

import pytest
from houses import House

from warehouse.connect import open_build

pytestmark = pytest.mark.slow

NEVER_SIMULATED = {
    f"lab_{test}": "the simulated laboratory does not measure it" for test in ("ca", "gluc", "urea", "urate")
}


def test_every_fact_of_the_catalogue_has_rows_or_a_reason(house: House) -> None:
    with open_build(house.settings) as con:
        known = {fact for (fact,) in con.execute("SELECT fact FROM standards.fact").fetchall()}
        found = {fact for (fact,) in con.execute("SELECT DISTINCT fact FROM dated.dated_fact").fetchall()}
    assert known - found == NEVER_SIMULATED.keys()


def test_of_one_occurrence_one_row_stands_at_any_cut(house: House) -> None:
    with open_build(house.settings) as con:
        twice = con.execute("""
            SELECT fact, count(*)
            FROM dated.dated_fact AS earlier
            INNER JOIN dated.dated_fact AS later USING (usubjid, fact, occurrence)
            WHERE earlier.rowid <> later.rowid
                AND coalesce(earlier.known_date, '0001-01-01') <= coalesce(later.known_date, '0001-01-01')
                AND coalesce(earlier.superseded_date > coalesce(later.known_date, '0001-01-01'), true)
            GROUP BY fact
        """).fetchall()
    assert not twice
