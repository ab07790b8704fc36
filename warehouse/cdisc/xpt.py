"""A data set as a transport file of SAS: version 5 as agencies take it, or version 8 with the full names of columns.

pyreadstat writes it. A text longer than a file of version 5 can hold is refused: nothing is cut.
"""

from __future__ import annotations

import re
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyreadstat

from cartwright.warehouse.cdisc.names import plain
from cartwright.warehouse.cdisc.rows import Rows
from cartwright.warehouse.cdisc.standard import LONGEST_TEXT, Variable
from cartwright.warehouse.export.rows import NotWritable

_TIME = re.compile(rb"\d\d[A-Z]{3}\d\d:\d\d:\d\d:\d\d")
_DAY_0 = date(1960, 1, 1)  # of SAS
_HEADER = 1_000  # bytes: what stands before the variables


class TooLong(NotWritable):
    """A text does not fit into a transport file; names the data set and the variable."""


def transport_file(rows: Rows, as_of: datetime, version: Literal[5, 8] = 5) -> bytes:
    """The file in letters of ASCII; dates are numbers with the format DATE9. Its times are `as_of`. Raises TooLong."""
    name = rows.shaped.about.name
    if too_long := [v.name for v in rows.variables if version == 5 and rows.lengths.get(v.name, 0) > LONGEST_TEXT]:
        raise TooLong(
            f"{name}: {', '.join(too_long)} has a text of more than {LONGEST_TEXT} letters, which a transport file of "
            "version 5 cannot hold; shorten what the study declares, or read Dataset-JSON"
        )
    columns = [v.name if version == 5 else (v.column or v.name).upper() for v in rows.variables]
    frame = pd.DataFrame(
        {
            column: _series(variable, [row[i] for row in rows.values])
            for i, (column, variable) in enumerate(zip(columns, rows.variables, strict=True))
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name.lower()}.xpt"
        pyreadstat.write_xport(
            frame,
            str(path),
            file_label=plain(rows.shaped.about.label),
            column_labels=[v.label for v in rows.variables],
            table_name=name,
            file_format_version=version,
            variable_format={c: "DATE9." for c, v in zip(columns, rows.variables, strict=True) if v.type == "date"},
        )
        content = path.read_bytes()
    moment = as_of.strftime("%d%b%y:%H:%M:%S").upper().encode()
    return _TIME.sub(moment, content[:_HEADER]) + content[_HEADER:]


def _series(variable: Variable, values: list[Any]) -> pd.Series:
    if variable.type in ("text", "datetime"):
        return pd.Series(["" if value is None else plain(str(value)) for value in values], dtype="object")
    if variable.type == "date":  # a column without any date would be one of texts
        values = [None if value is None else (value - _DAY_0).days for value in values]
    return pd.Series(values, dtype="float64")
