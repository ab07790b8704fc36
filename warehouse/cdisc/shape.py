"""Makes the data sets of a release in memory: the SQL of sql/cdisc, and what a study's own columns are called.

They are made of what is published (sdtm, adam and the study's tables), so that they can hold nothing that a release
does not hold. A release is not changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import duckdb

from cartwright.warehouse.cdisc.names import short_label, short_name
from cartwright.warehouse.cdisc.standard import FOLDER, DataSet, Variable, code_lists, data_sets, variables

_FIRST = ("macros", "subject", "dm")  # the others read these
_UNIT, _TEST = "memory.cdisc.term('UNIT', d.{})", "memory.cdisc.term('LBTESTCD', d.{})"
# Columns of ADaM tables that hold codes of ours: what stands in their place.
_CHANGED: Mapping[str, Mapping[str, str]] = {
    "": {"avalu": _UNIT, "srcdom": "upper(d.{})", "srcvar": "upper(d.{})"},
    "ADLB": {
        "paramcd": _TEST,
        "param": "memory.cdisc.decoded('LBTESTCD', d.paramcd) || ' (' || memory.cdisc.term('UNIT', d.avalu) || ')'",
    },
    "ADCY": {"paramcd": _TEST},
    "ADLBTOX": {"lbtestcd": _TEST},
    "ADAE": {
        "aedecod": "memory.cdisc.decoded('AETERM', d.{})",
        "aerel": "upper(d.{})",
        "atoxgr": "CAST(d.{} AS VARCHAR)",
    },
}
_TYPES = {"DATE": "date", "DOUBLE": "float", "FLOAT": "float", "VARCHAR": "text", "BOOLEAN": "flag"}


@dataclass(frozen=True)
class Shaped:
    """A data set that was made: `memory.cdisc.<name>`, its variables, those that the feeds cannot have among them."""

    about: DataSet
    variables: tuple[Variable, ...]

    @property
    def table(self) -> str:
        return f"memory.cdisc.{self.about.name.lower()}"

    @property
    def keys(self) -> list[Variable]:
        return sorted((v for v in self.variables if v.key_no), key=lambda v: v.key_no or 0)

    def select(self) -> str:
        """SQL: the rows in the order of the keys, one column a variable, named by it; a flag is Y or N."""
        columns = ", ".join(f'{_value(v)} AS "{v.name}"' for v in self.variables)
        order = ", ".join(f'"{v.name}" NULLS LAST' for v in [*self.keys, *self.variables])
        return f"SELECT {columns} FROM {self.table} ORDER BY {order}"


def _value(variable: Variable) -> str:
    if not variable.column:
        return f"CAST(NULL AS {'VARCHAR' if variable.type in ('text', 'datetime') else 'DOUBLE'})"
    if variable.type == "flag":
        return f"CASE WHEN \"{variable.column}\" THEN 'Y' WHEN NOT \"{variable.column}\" THEN 'N' END"
    return f'"{variable.column}"'


def shape(con: duckdb.DuckDBPyConnection) -> list[Shaped]:
    """Make every data set that the release has. con: its tables are found by their schema; `memory` is a database in
    memory."""
    begin(con)
    held = held_tables(con)
    return [make(con, each, held[each.source]) for each in data_sets().values() if each.source in held]


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make what every data set is made with: the terms, the words of the SQL, the subjects."""
    con.execute("CREATE SCHEMA memory.cdisc")
    _load_terms(con)
    for name in _FIRST:
        _run(con, name)


def _run(con: duckdb.DuckDBPyConnection, file: str, **words: str) -> None:
    text = (FOLDER / f"{file}.sql").read_text(encoding="utf-8")
    con.execute(text.format(**words) if words else text)


def _load_terms(con: duckdb.DuckDBPyConnection) -> None:
    rows = [(name, t.code, t.term, t.decode or t.term, t.category) for name, c in code_lists().items() for t in c.terms]
    con.execute(
        "CREATE TABLE memory.cdisc.term AS SELECT unnest($1) AS codelist, unnest($2) AS code, unnest($3) AS term, "
        "unnest($4) AS decode, nullif(unnest($5), '') AS category",
        [list(column) for column in zip(*rows, strict=True)],
    )


def held_tables(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Table -> column -> what the release says of it; of ADaM the subjects and what the study lists."""
    listed = {f"adam.{name}" for (name,) in con.execute("SELECT dataset FROM study.dataset").fetchall()}
    found: dict[str, dict[str, str]] = {}
    for table, column, comment in con.execute(
        "SELECT schema_name || '.' || table_name, column_name, coalesce(comment, '') FROM duckdb_columns() "
        "WHERE database_name = current_database() AND schema_name IN ('sdtm', 'adam', 'study')"
    ).fetchall():
        if not table.startswith("adam.") or table == "adam.adsl" or table in listed:
            found.setdefault(table, {})[column] = comment
    return found


def make(con: duckdb.DuckDBPyConnection, each: DataSet, held: Mapping[str, str]) -> Shaped:
    """Make one data set; `held`: the columns of its source, and what the release says of each."""
    name = each.name.lower()
    if each.standard == "SDTM" or name == "adsl":
        if name not in _FIRST:
            _run(con, name)
    else:
        changed = {**_CHANGED[""], **_CHANGED.get(each.name, {})}
        parts = [f"{sql.format(column)} AS {column}" for column, sql in changed.items() if column in held]
        replaced = f"REPLACE ({', '.join(parts)})" if parts else ""
        _run(con, "adam", name=name, changed=", ".join(c for c in changed if c in held), replaced=replaced)
    columns = {column: kind for column, kind, *_ in con.execute(f"DESCRIBE memory.cdisc.{name}").fetchall()}
    return Shaped(each, tuple(_variables(con, each, columns, held)))


def _variables(
    con: duckdb.DuckDBPyConnection, each: DataSet, columns: Mapping[str, str], comments: Mapping[str, str]
) -> Iterator[Variable]:
    """Those of the standard that are here or cannot be had, then the study's and the house's own."""
    known = variables(each.name)
    found = [v for v in known if v.absent_because or v.column in columns]
    yield from found
    if each.standard == "SDTM":
        return
    own = [column for column in columns if column not in {v.column for v in found}]
    items = _labels_of_items(con) if each.name == "ADSL" else {}
    taken = {v.name for v in known}
    for column in own:
        name = short_name(column, taken)
        taken.add(name)
        kind = _TYPES.get(columns[column].partition("(")[0], "float" if "DECIMAL" in columns[column] else "integer")
        said = comments.get(column) or column.replace("_", " ")
        label = short_label(items.get(column) or said)
        yield Variable(name, label, kind, "Perm", "Derived", method=said, column=column)


def _labels_of_items(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Column -> the study's own words for it."""
    return dict(con.execute("SELECT column_name, label FROM study.item WHERE column_name IS NOT NULL").fetchall())


def as_written(variable: Variable) -> Variable:
    """A flag of ours is a text of one letter."""
    return replace(variable, type="text") if variable.type == "flag" else variable
