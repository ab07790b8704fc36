"""The treatment system's tables, read through SQLAlchemy (SQLite or PostgreSQL) into Arrow batches of text.

Rows change and vanish in place, so a night reads them all, through a server-side cursor in batches. The database itself
writes each value as text, so that a value no program can hold (infinity, a year before Christ) is one row's fault.
Another database: what it does in its own way asks for the dialect here; its driver stands in requirements/base.in.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from cartwright.warehouse.intake.columns import Refusal, check_columns, text_schema
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.texts import texts, tidy
from cartwright.warehouse.settings import Settings

_ROWS = 20_000
_GRACE_SECONDS = 2  # what a server gets beyond its own time-out before it is taken for frozen
Columns = dict[str, sa.ColumnElement]


@contextmanager
def connected(settings: Settings, zone: str) -> Iterator[sa.Connection]:
    """A read-only connection whose clock is the hospital's.

    Raises Refusal when the database cannot be reached, is locked, or does not answer in time.
    """
    parsed = sa.make_url(settings.ehr_url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not Path(parsed.database).exists():
            raise Refusal("the EHR database is not there; check CARTWRIGHT_EHR_URL")
        parsed = sa.make_url(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")
        options: dict = {"connect_args": {"timeout": settings.ehr_lock_seconds}}
    else:
        limits = {"statement_timeout": settings.ehr_statement_seconds, "lock_timeout": settings.ehr_lock_seconds}
        session = " ".join(f"-c {name}={seconds * 1000}" for name, seconds in limits.items())
        options = {
            "isolation_level": "REPEATABLE READ",
            "connect_args": {"connect_timeout": settings.ehr_connect_seconds, "options": session},
        }
    engine = sa.create_engine(parsed, poolclass=sa.NullPool, hide_parameters=True, **options)
    try:
        with engine.connect() as con:
            con.info["seconds"] = settings.ehr_statement_seconds
            with _in_time(con):
                _prepare(con, zone)
            yield con
    except sa.exc.DBAPIError as error:
        raise Refusal(_cause(error.orig or error)) from None
    finally:
        engine.dispose()


def _prepare(con: sa.Connection, zone: str) -> None:
    if con.dialect.name == "postgresql":
        con.execute(sa.text("SET TRANSACTION READ ONLY"))
        set_it = sa.text("SELECT set_config(:name, :value, true)")
        for name, value in {"TimeZone": zone, "DateStyle": "ISO, YMD"}.items():
            con.execute(set_it, {"name": name, "value": value})
    else:
        # Bytes that are no UTF-8 become the sign of a lost one, for which the row is rejected.
        driver: Any = con.connection.driver_connection  # SQLite's: SQLAlchemy leaves its type open
        driver.text_factory = lambda value: value.decode("utf-8", "replace")


def _cause(error: BaseException) -> str:
    """Why the database could not be read, by the kind of the error: its text may quote a value."""
    kind = getattr(error, "sqlite_errorname", None) or type(error).__name__
    if kind in ("LockNotAvailable", "SQLITE_BUSY", "SQLITE_LOCKED"):
        return f"the EHR is locked ({kind}); end what holds the table, or raise CARTWRIGHT_EHR_LOCK_SECONDS"
    if kind in ("QueryCanceled", "SQLITE_INTERRUPT", "AdminShutdown"):
        return f"the EHR took too long or was stopped ({kind}); see its load, or raise CARTWRIGHT_EHR_STATEMENT_SECONDS"
    return f"the EHR database could not be read ({kind}); check that it is up, answers and may be read"


@contextmanager
def _in_time(con: sa.Connection) -> Iterator[None]:
    """End what waits for the database when it takes longer than a statement may.

    The server ends a long statement by itself; a server that is frozen ends nothing, so the connection is cut here.
    """
    watch = threading.Timer(con.info["seconds"] + _GRACE_SECONDS, _cut, [con.connection.driver_connection])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _cut(driver: Any) -> None:
    if hasattr(driver, "interrupt"):  # SQLite
        driver.interrupt()
        return
    with suppress(OSError), socket.socket(fileno=os.dup(driver.pgconn.socket)) as line:
        line.shutdown(socket.SHUT_RDWR)


def lacks_table(con: sa.Connection, contract: Contract) -> bool:
    """Whether the database has no table for the contract."""
    with _in_time(con):
        return not sa.inspect(con).has_table(contract.source.name)


def check_table(con: sa.Connection, delivery: Delivery, contract: Contract) -> Columns:
    """The columns of the contract that the table has, each as the database writes it as text.

    Refuses when the table or a column that is not optional is missing.
    """
    name = contract.source.name
    with _in_time(con):
        inspector = sa.inspect(con)
        if not inspector.has_table(name):
            raise Refusal(f"the EHR has no table {name}; create it as docs/feeds.md says, at least empty")
        types = {column["name"]: column["type"] for column in inspector.get_columns(name)}
    check_columns(delivery, contract, contract.contract_names(list(types)))
    table = sa.table(name, *(sa.column(column) for column in types))
    return {
        c.name: _as_text(con, table.c[c.sent], types[c.sent], contract)
        for c in contract.columns
        if c.sent in types and c.constant is None
    }


def _as_text(con: sa.Connection, column: sa.ColumnElement, kind: object, contract: Contract) -> sa.ColumnElement:
    if con.dialect.name != "postgresql":
        return column
    wall_clock = sa.func.timezone(contract.zone, column) if getattr(kind, "timezone", False) else column
    return sa.cast(wall_clock, sa.Text).label(column.name)


def read_rows(con: sa.Connection, delivery: Delivery, contract: Contract, columns: Columns) -> Iterator[pa.RecordBatch]:
    """Every row that the table holds now, as text."""
    schema, query = text_schema(contract), sa.select(*columns.values())
    start = 0
    for rows in _stream(con, query):
        n = len(rows)
        values = zip(*rows, strict=True)
        arrays = {
            "delivery_no": pa.array([delivery.number] * n, pa.int32()),
            "row_no": pa.array(range(start + 1, start + n + 1), pa.int64()),
            **{name: _texts(column, contract.zone) for name, column in zip(columns, values, strict=True)},
        }
        start += n
        yield pa.RecordBatch.from_arrays([arrays.get(f.name, pa.nulls(n, f.type)) for f in schema], schema=schema)


def _stream(con: sa.Connection, query: sa.Select) -> Iterator[Sequence[sa.Row]]:
    """Rows through a server-side cursor, some thousands at a time, each batch in time."""
    with _in_time(con):
        batches = con.execute(query.execution_options(stream_results=True, yield_per=_ROWS)).partitions()
    while True:
        with _in_time(con):
            rows = next(batches, None)
        if rows is None:
            return
        yield rows


def _texts(values: tuple, zone: str) -> pa.Array:
    """One column as text, the way CSV would carry it."""
    try:
        return texts(pa.array(values), zone)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):  # SQLite columns may mix types
        return tidy(pa.array([_text(value) for value in values], pa.string()))


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return None if value is None else str(value)
