"""Files into Arrow batches of text: CSV, JSON Lines (plain or gzip), Parquet, FHIR, REDCap. Nothing is judged here.

A batch has the columns `delivery_no, row_no, malformed, raw_text` and then the contract's columns, all text. `row_no`
is the line of the file (Parquet: the row); `raw_text` is the line where columns could not be told apart, and for JSON.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import Contract
from cartwright.warehouse.intake.landing import Delivery
from cartwright.warehouse.intake.read_csv import read_csv
from cartwright.warehouse.intake.read_json import read_json_lines
from cartwright.warehouse.intake.read_mapped import read_fhir, read_redcap
from cartwright.warehouse.intake.read_parquet import read_parquet

_READERS = {
    "csv": read_csv,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
    "fhir": read_fhir,
    "redcap": read_redcap,
}


def read(delivery: Delivery, contract: Contract) -> Iterator[pa.RecordBatch]:
    """The batches of one file. Raises Refusal when it cannot be read, or does not have the columns of the contract."""
    if delivery.size == 0:
        raise Refusal("the file is empty; a delivery without records still has its header line")
    try:
        yield from _READERS[delivery.format](delivery, contract)
    # The messages of these libraries may quote the content: they go no further.
    except UnicodeDecodeError:
        raise Refusal("the file is not UTF-8; send it in UTF-8") from None
    except PermissionError:
        raise Refusal("the file may not be read; let the account of the night read it") from None
    except (pa.ArrowException, duckdb.Error, csv.Error, zlib.error, OSError, EOFError):
        raise Refusal(f"the file is not a readable {delivery.format} file, or damaged; send it again") from None
