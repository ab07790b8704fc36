"""All of it or nothing, and the first error is the one that is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

# Errors of the database whose text may quote a value, e.g. `Duplicate key "enterprise_no: ..."`.
_QUOTING = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)


class ValueFault(RuntimeError):
    """The database stumbled over a value. Which one is not told: this text reaches logs and Dagster."""


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block did, or roll it back when it raises.

    A full disk ends the transaction by itself; rolling back what is no longer active raises an error of its own, which
    must not hide the cause. Raises ValueFault for an error whose text may quote a value.
    """
    con.execute("BEGIN TRANSACTION")
    try:
        yield
        con.execute("COMMIT")
    except BaseException as error:
        with suppress(duckdb.Error):
            con.execute("ROLLBACK")
        if isinstance(error, _QUOTING):
            kind = type(error).__name__
            raise ValueFault(f"the store stumbled over a value ({kind}), which is a fault of the program") from None
        raise
