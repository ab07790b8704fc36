"""What every delivery has in common: its columns as text, and the refusal when it cannot be taken."""

from __future__ import annotations

import pyarrow as pa

from cartwright.warehouse.counted import counted
from cartwright.warehouse.csv_file import SEPARATORS
from cartwright.warehouse.intake.contracts import Column, Contract
from cartwright.warehouse.intake.landing import Delivery


class Refusal(Exception):
    """Nothing of the delivery can be taken. The text says what to do and never quotes the content."""


def text_schema(contract: Contract) -> pa.Schema:
    """The columns of every batch."""
    head = [("delivery_no", pa.int32()), ("row_no", pa.int64()), ("malformed", pa.string()), ("raw_text", pa.string())]
    return pa.schema(head + [(c.name, pa.string()) for c in contract.columns])


def check_columns(delivery: Delivery, contract: Contract, arrived: list[str]) -> None:
    """Refuse a delivery that lacks a column which is not optional; note one that brings more than the contract.

    `arrived`: the names as the contract calls them (Contract.contract_names).
    What arrived may be a patient's record where the header should be: only names of the contract are ever repeated.
    """
    known = {c.name for c in contract.columns if c.constant is None}
    if not known.intersection(arrived):
        raise Refusal(_no_header(known, arrived))
    if twice := sorted({name for name in arrived if name in known and arrived.count(name) > 1}):
        raise Refusal(f"columns named twice in the header: {', '.join(twice)}; name each column once")
    if missing := [
        _named(c) for c in contract.columns if c.name not in arrived and not c.optional and c.constant is None
    ]:
        never = [c.name for c in contract.columns if _named(c) in missing and not _must_be_filled(contract, c)]
        aside = (
            f"; what the source never has ({', '.join(never)}) is an empty constant of hospital.yml" if never else ""
        )
        raise Refusal(
            f"columns missing: {', '.join(missing)}; send all columns of {contract.table} as docs/feeds.md lists them "
            f"(a column without values still has its header){aside}"
        )
    if extra := [name for name in arrived if name not in known]:
        delivery.note(
            f"left out: {counted(len(extra), 'column')} that the contract does not know; ask for an addition to it"
        )


def _must_be_filled(contract: Contract, column: Column) -> bool:
    return column.required or column.name in {*contract.key, *contract.version}


def _named(column: Column) -> str:
    return column.name if column.sent == column.name else f"{column.name} (named {column.sent} here)"


def _no_header(known: set[str], arrived: list[str]) -> str:
    if known.intersection(name.strip().lower() for name in arrived):
        return "the names of the columns are not written as in docs/feeds.md: lower case, without blanks around them"
    for separator, name in SEPARATORS.items():
        if known.intersection(part.strip().lower() for text in arrived for part in text.split(separator)):
            return f"the columns are separated by {name}; separate them by commas"
    return "the first line names no column of the contract; send the header line first, named as in docs/feeds.md"
