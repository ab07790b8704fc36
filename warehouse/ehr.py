"""The treatment system's tables, read through SQLAlchemy (SQLite or PostgreSQL) into Arrow batches of text.

Rows change and vanish in place, so a night reads them all, through a server-side cursor in batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from warehouse.columns import Refusal, check_columns, text_schema
from warehouse.contracts import Contract
from warehouse.landing import Delivery

_ROWS = 20_000


@contextmanager
def connected(url: str, zone: str) -> Iterator[sa.Connection]:
    """A read-only connection whose clock is the hospital's. Raises Refusal when the database cannot be reached."""
    parsed = sa.make_url(url)
    options: dict = {}
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not Path(parsed.database).exists():
            raise Refusal("the EHR database is not there; check CARTWRIGHT_EHR_URL")
        parsed = sa.make_url(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")
    else:
        options["isolation_level"] = "REPEATABLE READ"
    engine = sa.create_engine(parsed, poolclass=sa.NullPool, hide_parameters=True, **options)
    try:
        with engine.connect() as con:
            if con.dialect.name == "postgresql":
                con.execute(sa.text("SET TRANSACTION READ ONLY"))
                con.execute(sa.text("SELECT set_config('TimeZone', :zone, true)"), {"zone": zone})
            yield con
    except sa.exc.DBAPIError as error:
        kind = type(error.orig).__name__
        raise Refusal(f"the EHR database could not be read ({kind}); check that it is up and may be read") from None
    finally:
        engine.dispose()


def check_table(con: sa.Connection, delivery: Delivery, contract: Contract) -> list[str]:
    """The columns of the contract that the table has. Refuses when the table or one that is not optional is missing."""
    inspector = sa.inspect(con)
    if not inspector.has_table(contract.source.name):
        raise Refusal(f"the EHR has no table {contract.source.name}; create it as docs/feeds.md says, at least empty")
    arrived = [c["name"] for c in inspector.get_columns(contract.source.name)]
    check_columns(delivery, contract, arrived)
    return [c.name for c in contract.columns if c.name in arrived]


def read_rows(con: sa.Connection, delivery: Delivery, contract: Contract, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Columns `names` of every row that the table holds now, as text."""
    schema = text_schema(contract)
    query = sa.select(sa.table(contract.source.name, *(sa.column(n) for n in names)))
    start = 0
    for rows in _stream(con, query):
        n = len(rows)
        columns = {
            "delivery_no": pa.array([delivery.number] * n, pa.int32()),
            "row_no": pa.array(range(start + 1, start + n + 1), pa.int64()),
            **{name: _texts(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)},
        }
        start += n
        yield pa.RecordBatch.from_arrays([columns.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def _stream(con: sa.Connection, query: sa.Select) -> Iterator[Sequence[sa.Row]]:
    """Rows through a server-side cursor, some thousands at a time."""
    return con.execute(query.execution_options(stream_results=True, yield_per=_ROWS)).partitions()


def _texts(values: tuple) -> pa.Array:
    """One column as text, the way CSV would carry it; moments with a zone become the session's wall clock."""
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # SQLite columns may mix types
        return pa.array([None if v is None or v == "" else str(v) for v in values], pa.string())
    if pa.types.is_timestamp(array.type) and array.type.tz:
        array = pc.local_timestamp(array)
    if not pa.types.is_string(array.type):
        return array.cast(pa.string())
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
