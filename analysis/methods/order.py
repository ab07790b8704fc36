"""One order of subjects and rows, whoever they are called: their content decides, not their pseudonyms.

Sums of floating point, draws at random and places in a plot depend on the order of rows. A database gives any order,
and an order by pseudonym would let the key of a hospital move digits. Two subjects with the same content in every table
are interchangeable: whichever comes first, all results are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

SUBJECT = "usubjid"


def in_one_order(datasets: dict[str, DataFrame]) -> dict[str, DataFrame]:
    """The tables with a column usubjid, sorted by subject and row in an order that their content alone decides; the
    others as they are. Columns that name records or persons (usubjid, *_id) are no content."""
    import pandas as pd

    hashes = {name: _row_hashes(name, table) for name, table in datasets.items() if SUBJECT in table}
    if not hashes:
        return datasets
    subjects = pd.concat([datasets[name][SUBJECT] for name in hashes], ignore_index=True)
    codes, _ = pd.factorize(subjects)
    whole = np.zeros(codes.max(initial=-1) + 1, dtype=np.uint64)
    np.add.at(whole, codes, np.concatenate(list(hashes.values())))  # wraps around; the order of rows does not matter
    place = np.empty(whole.size, dtype=int)
    place[np.argsort(whole, kind="stable")] = np.arange(whole.size)
    ordered, start = dict(datasets), 0
    for name, of_rows in hashes.items():
        of_subject = place[codes[start : start + of_rows.size]]
        ordered[name] = datasets[name].iloc[np.lexsort((of_rows, of_subject))].reset_index(drop=True)
        start += of_rows.size
    return ordered


def _row_hashes(name: str, table: DataFrame) -> np.ndarray:
    """A number a row (uint64) that its content and the name of the table decide, not the order of its columns."""
    from pandas.util import hash_array, hash_pandas_object

    content = table[sorted(column for column in map(str, table) if column != SUBJECT and not column.endswith("_id"))]
    own = hash_array(np.array([name], dtype=object))[0]
    return hash_array(hash_pandas_object(content, index=False).to_numpy(np.uint64) ^ own)


def by_content(table: DataFrame) -> np.ndarray:
    """Positions of the rows in an order that their own values decide; equal rows stay as they stand."""
    if not len(table.columns):
        return np.arange(len(table))
    places = table.reset_index(drop=True).sort_values(list(table.columns), kind="stable", na_position="last").index
    return places.to_numpy()
