"""Stage 4: files of the landing folder, the EHR database, the truth and the marker that says "simulated".

Files appear complete or not at all, and a file that is already there is left alone: it was delivered.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import sqlite3
from collections.abc import Iterable
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from cartwright.simulator.days import iso
from cartwright.simulator.dirt import Delivered
from cartwright.simulator.tables import EHR_TABLES, TABLES
from cartwright.simulator.vocabulary import PRODUCTS

_COMPRESSION = 6
_SQLITE_TYPES = {"t": "TEXT", "i": "INTEGER", "d": "REAL", "b": "BOOLEAN", "D": "DATE", "p": "TEXT", "T": "TIMESTAMP"}
_PRODUCT_ROWS = [(*row.values(), "active", "2019-01-02 09:00:00") for row in PRODUCTS]


class Chunk(NamedTuple):
    """Some patients ready to be written: file text by (table, night), EHR rows by table, truth rows."""

    texts: dict[tuple[str, int], str]
    ehr: dict[str, list[tuple[Any, ...]]]
    truth: list[tuple[dict[str, Any], dict[str, Any]]]
    file_rows: int

    def add(self, delivered: Delivered, until: int) -> None:
        """Put a patient's deliveries until a night into the chunk."""
        rows: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for item in delivered.sent:
            if item.night <= until:
                rows.setdefault((item.table, item.night), []).append(item.row)
        for key, batch in rows.items():
            self.texts[key] = self.texts.get(key, "") + _text(key[0], batch)
        state: dict[tuple[str, str], dict[str, Any] | None] = {}
        for change in delivered.changes:
            if change.minute <= until * 1440 + 1380:
                state[(change.table, change.key)] = change.row
        for (table, _), row in state.items():
            if row is not None:
                columns = TABLES[table].columns
                self.ehr.setdefault(table, []).append(tuple(row.get(name) for name in columns))


def _text(table: str, rows: Iterable[dict[str, Any]]) -> str:
    columns = TABLES[table].columns
    if TABLES[table].feed == "ris":
        return "".join(json.dumps({name: row.get(name) for name in columns}) + "\n" for row in rows)
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([row.get(name) for name in columns] for row in rows)
    return buffer.getvalue()


class Hospital:
    """Collects chunks in a scratch folder; `finish` moves what is new into the landing folder.

    about: what the marker says. It stands before anything else does, so that a writing that was killed is known.
    """

    def __init__(self, home: Path, until: int, ehr_url: str | None, about: dict[str, Any]) -> None:
        self.feeds, self.truth_dir = home / "feeds", home / "truth"
        self.until, self.ehr_url = until, ehr_url
        self.about = {**about, "generated_with": f"cartwright {_version()}"}
        self.scratch = self.feeds / ".incoming"
        self.file_rows = self.ehr_rows = 0
        self._rows: dict[str, int] = {}

    def __enter__(self) -> Hospital:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.feeds.mkdir(parents=True, exist_ok=True)
        self._mark(is_complete=False)
        self.scratch.mkdir()
        self.truth_dir.mkdir(parents=True, exist_ok=True)
        self._truth = [(self.scratch / f"{name}.csv").open("w", encoding="utf-8", newline="") for name in _TRUTHS]
        self._database = _Sqlite(self.scratch / "ehr.sqlite") if self.ehr_url is None else _Server(self.ehr_url)
        self._database.insert("cart_product", _PRODUCT_ROWS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self._truth:
            handle.close()
        self._database.close(keep=False)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def take(self, chunk: Chunk) -> None:
        """Append a chunk to the scratch files and the new database."""
        for (table, night), text in chunk.texts.items():
            path = self.scratch / f"{table}@{night}"
            header = "" if path.exists() or TABLES[table].feed == "ris" else ",".join(TABLES[table].columns) + "\n"
            with path.open("a", encoding="utf-8", newline="") as handle:
                handle.write(header + text)
            self.file_rows += text.count("\n")
        for table, rows in chunk.ehr.items():
            self._database.insert(table, rows)
            self.ehr_rows += len(rows)
        if not chunk.truth:
            return  # a chunk of patients who are no candidates for cells
        for handle, rows in zip(self._truth, zip(*chunk.truth, strict=True), strict=True):
            writer = csv.DictWriter(handle, rows[0].keys(), lineterminator="\n")
            if handle.tell() == 0:
                writer.writeheader()
            writer.writerows(rows)

    def finish(self) -> int:
        """Publish: files not yet delivered, the database, the truth, the marker. Returns the number of new files."""
        self._database.close(keep=True)
        for handle in self._truth:
            handle.close()
        new = 0
        for path in sorted(self.scratch.glob("*@*")):
            table, night = path.name.split("@")
            new += self._publish(path, table, int(night))
        if self.ehr_url is None:
            (self.scratch / "ehr.sqlite").replace(self.feeds / "ehr.sqlite")
        for name in _TRUTHS:
            (self.scratch / f"{name}.csv").replace(self.truth_dir / f"{name}.csv")
        self._mark(is_complete=True)
        return new

    def _mark(self, *, is_complete: bool) -> None:
        aside = self.feeds / ".SIMULATED.new"
        aside.write_text(json.dumps({**self.about, "is_complete": is_complete}, indent=2) + "\n", encoding="utf-8")
        aside.replace(self.feeds / "SIMULATED")

    def _publish(self, path: Path, table: str, night: int) -> bool:
        """Hospitals differ in how they pack files: some nights arrive compressed, some tables as Parquet."""
        feed = TABLES[table].feed
        suffix = "jsonl" if feed == "ris" else "csv"
        if table == "flow_cytometry" and night % 5 == 0:
            suffix = "parquet"
        elif night % 7 == 3:
            suffix += ".gz"
        folder = self.feeds / feed / iso(night)
        target = folder / f"{table}_{iso(night).replace('-', '')}.{suffix}"
        if target.exists():
            return False
        folder.mkdir(parents=True, exist_ok=True)
        ready = path.with_suffix(".ready")
        if suffix == "parquet":
            _to_parquet(table, path, ready)
        elif suffix.endswith(".gz"):
            with (
                path.open("rb") as source,
                ready.open("wb") as sink,
                gzip.GzipFile("", "wb", _COMPRESSION, sink, mtime=0) as packed,
            ):
                shutil.copyfileobj(source, packed)
        else:
            path.rename(ready)
        ready.replace(target)
        return True


_TRUTHS = ("actual", "derivable")


def _version() -> str:
    try:
        return version("cartwright")
    except PackageNotFoundError:
        return "unknown"


def _to_parquet(table: str, source: Path, target: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    types = {"t": pa.string(), "i": pa.int64(), "d": pa.float64(), "b": pa.bool_(), "T": pa.timestamp("s")}
    columns = {name: types[kind] for name, kind in TABLES[table].columns.items()}
    options = arrow_csv.ConvertOptions(column_types=columns, strings_can_be_null=True)
    parquet.write_table(arrow_csv.read_csv(source, convert_options=options), target)


class _Sqlite:
    """The embedded treatment database, written anew each time."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA journal_mode = OFF")
        for table in EHR_TABLES:
            spec = TABLES[table]
            columns = ", ".join(
                f"{name} {_SQLITE_TYPES[kind]}{' PRIMARY KEY' if name == spec.key else ''}"
                for name, kind in spec.columns.items()
            )
            self.connection.execute(f"CREATE TABLE {table} ({columns})")

    def insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(TABLES[table].columns))
        self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def close(self, *, keep: bool) -> None:
        if keep:
            self.connection.commit()
        self.connection.close()


class _Server:
    """The same tables on a database server, through SQLAlchemy; what was there is replaced in one transaction."""

    def __init__(self, url: str) -> None:
        import sqlalchemy as sa

        types: dict[str, sa.types.TypeEngine[Any]] = {
            "t": sa.Text(),
            "i": sa.BigInteger(),
            "d": sa.Float(53),
            "b": sa.Boolean(),
            "D": sa.Date(),
            "p": sa.Text(),
            "T": sa.DateTime(),
        }
        metadata = sa.MetaData()
        self.tables = {
            table: sa.Table(
                table,
                metadata,
                *(sa.Column(n, types[k], primary_key=n == TABLES[table].key) for n, k in TABLES[table].columns.items()),
            )
            for table in EHR_TABLES
        }
        self.engine = sa.create_engine(url)
        self.connection = self.engine.connect()
        metadata.drop_all(self.connection)
        metadata.create_all(self.connection)

    def insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        columns = TABLES[table].columns
        batch = [{n: _typed(k, value) for (n, k), value in zip(columns.items(), row, strict=True)} for row in rows]
        self.connection.execute(self.tables[table].insert(), batch)

    def close(self, *, keep: bool) -> None:
        if keep:
            self.connection.commit()
        self.connection.close()  # rolls back what was not committed
        self.engine.dispose()


def _typed(kind: str, value: Any) -> Any:
    if value is None or kind not in "DT":
        return value
    return date.fromisoformat(value) if kind == "D" else datetime.fromisoformat(value)
