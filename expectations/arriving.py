"""What must hold of what arrives: checks of schema raw and of the ledger, generated from the feed contracts."""

from __future__ import annotations

from collections.abc import Iterator

from cartwright.expectations import conditions, declared
from cartwright.expectations.check import Check, no_row, not_empty
from cartwright.warehouse.intake.contracts import Column, Contract, load_codes, load_contracts

# Without these tables nobody is known: a night on which one of them is empty publishes nothing. What else must have
# arrived a study says by the facts that it uses (leaving.py).
ALWAYS_DUE = frozenset({"ehr_patient_link", "ehr_patient"})
RESTORE = "Raw was changed outside `cartwright refresh`: restore `restricted/` from its backup."
ROW = ("record_id",)


def checks() -> list[Check]:
    """All checks of the raw tables, in the order of the contracts."""
    return [check for contract in load_contracts().values() for check in _of_table(contract)]


def bookkeeping_checks() -> list[Check]:
    """Checks of what the night writes about its feeds: the delivery ledger and the identity map."""
    return declared.checks(None, "quality", "identity")


def _of_table(contract: Contract) -> Iterator[Check]:
    table = f"raw.{contract.table}"
    columns = [column for column in contract.columns if column.type != "list"]
    required = [column.name for column in columns if column.required]
    yield not_empty(
        f"{table}.rows_due",
        table,
        severity="fatal" if contract.table in ALWAYS_DUE else "characterisation",
        why=f"{contract.title}: an empty table passes every other check while evidence is missing.",
        remedy=f"Look for the delivery in quality.delivery_ledger; ask for {contract.source.name} to be sent.",
        endangers=_readers(table),
    )
    yield _no_row(
        f"{table}.record_id_unique",
        conditions.repeated(table, ROW),
        why="A record id names one record of one delivery; two rows under one id count evidence twice.",
        remedy=RESTORE,
    )
    yield _no_row(
        f"{table}.version_loaded_once",
        "not t.is_deleted and "
        + conditions.repeated(table, [*contract.key, *contract.version, "content_hash"], among="not d.is_deleted"),
        why="A repeated delivery must change nothing: the same version with the same content is loaded once.",
        remedy=RESTORE,
    )
    yield _no_row(
        f"{table}.required_filled",
        conditions.empty(required),
        why=f"Without {', '.join(required)} a record cannot be placed, dated or read.",
        remedy=_resend(contract),
    )
    yield _no_row(
        f"{table}.delivery_known",
        conditions.pointless("delivery_id", "quality.delivery_ledger", "delivery_id"),
        why="Every record must lead back to the file or the night that brought it.",
        remedy=RESTORE,
    )
    for column in columns:
        yield from _of_column(contract, f"{table}.{column.name}", column)


def _of_column(contract: Contract, name: str, column: Column) -> Iterator[Check]:
    if column.codes and column.strict:
        yield _no_row(
            f"{name}.coded",
            conditions.unlisted(column.name, load_codes()[column.codes]),
            why=f"Whether a record counts hangs on {column.name}: a code outside its list says neither.",
            remedy=_resend(contract),
        )
    if column.min is not None or column.max is not None:
        yield _no_row(
            f"{name}.within_limits",
            conditions.outside(column.name, column.min, column.max),
            why=f"{column.description} Outside {column.min} to {column.max}: a typing error or another unit.",
            remedy=_resend(contract),
        )


def _no_row(check_id: str, fails: str, why: str, remedy: str) -> Check:
    schema, name, *_ = check_id.split(".")
    table = f"{schema}.{name}"
    return no_row(check_id, table, ROW, fails, severity="fatal", why=why, remedy=remedy, endangers=_readers(table))


def _readers(table: str) -> str:
    return f"every model that reads {table}"


def _resend(contract: Contract) -> str:
    return f"Correct the rows at the source and deliver {contract.source.name} again (docs/feeds.md has each column)."
