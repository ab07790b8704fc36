"""Numbers of which only bounds are known: a value reported as `>250` is at least 250, and no number.

Columns `<column>_least` and `<column>_greatest` beside a number say between what it lies (adam.adsl), or the sign in
front of `avalc` does (data sets by parameter). Where both ends are one, the number was measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame, Series

OPERATORS = (">", ">=", "<", "<=")


def ends_of(table: DataFrame, column: str) -> tuple[Series, Series]:
    """Least and greatest that each number of a column can be; missing: no such end is known."""
    import pandas as pd

    if f"{column}_least" in table and f"{column}_greatest" in table:
        return _numbers(table[f"{column}_least"]), _numbers(table[f"{column}_greatest"])
    number = _numbers(table[column])
    if column != "aval" or "avalc" not in table:
        return number, number
    said = table["avalc"].astype("string").fillna("")
    above, below = (pd.Series(said.str.startswith(sign).to_numpy(bool), index=said.index) for sign in (">", "<"))
    return number.mask(below), number.mask(above)


def in_part(least: Series, greatest: Series) -> DataFrame:
    """Of the numbers that are known by a bound only: columns least and greatest, missing where that end is open."""
    import pandas as pd

    ends = pd.DataFrame({"least": least, "greatest": greatest})
    return ends[(least != greatest) & ends.notna().any(axis=1)]


def said_of(bounds: DataFrame, size: int) -> str | None:
    """In words, of a sample of `size` of which these are known as a bound only; None without any."""
    return f"{len(bounds)} of {size} known as a bound only" if len(bounds) else None


def _numbers(column: Series) -> Series:
    import pandas as pd

    return pd.to_numeric(column).astype(float)
