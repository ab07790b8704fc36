"""Feed contracts: what one table of one feed must look like, read from feeds/*.yml.

The raw schema, the first checks and docs/feeds.md all come from these files; no column is described twice.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cartwright.warehouse.intake.source_maps import SourceMap
from cartwright.warehouse.store_tables import quoted

FEEDS_DIR = Path(__file__).parent / "feeds"
SEEDS = Path(__file__).parents[2] / "sql" / "seeds"
CODE_LISTS = SEEDS / "code_list.csv"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same in C: ten times as fast, read by every command
SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "partial_date": "VARCHAR",  # YYYY, YYYY-MM or YYYY-MM-DD: a missing part must stay missing
    "timestamp": "TIMESTAMP",  # the hospital's wall clock
}
# What programs write where they have nothing to write. `NA` is not among them: it is sodium.
EMPTY_WORDS = ("NULL", "null", "(null)", "(NULL)", "<NULL>", "<null>", "\\N", "N/A", "n/a", "#N/A", "<NA>")
# What people type where they have no name and no number: it names nobody, and would be taken for somebody's.
PLACEHOLDER = (
    r"(?i)(unknown|unkn?|n\.a\.?|none|nil|nan|missing|undefined|unspecified|unidentified|anonymous|no ?name|dummy|tbd"
    r"|not (known|available|applicable|given|recorded)|unbekannt|inconnu|desconocido|未知|不详|不詳|无|無"
    r"|x+|0+|\?+|-+|_+|\.+|\*+)"
)


def is_missing(text: str) -> bool:
    """Whether a text says that there is nothing."""
    return text.strip() in ("", *EMPTY_WORDS)


# What ingestion adds to every raw record, whatever the feed.
LINEAGE_COLUMNS = {
    "record_id": "VARCHAR",
    "delivery_id": "VARCHAR",
    "source_line": "BIGINT",
    "delivered_at": "TIMESTAMPTZ",
    "content_hash": "VARCHAR",
    "is_deleted": "BOOLEAN",
}


class Column(BaseModel):
    """One column: type, whether it must be filled, its code list, limits, unit and privacy class.

    A code outside the list of a `strict` column rejects the record, for the warehouse itself branches on it; elsewhere
    the record is kept, the code counts as unknown and is a finding. A number outside `min` and `max` rejects the
    record; limits of what is plausible, which do not, are the seed plausible_limit of the models.

    `optional`: deliveries may come without the column; its value is then unknown. Whatever is added to a contract
    after its first night is optional, for the records before it do not have it.

    What is one hospital's is filled in by its folder (warehouse/hospital/definition.py), never in a contract:
    `sent_as`, the name of the column there; `constant`, what stands in every record where the source has no such
    column; `sent_codes`, its own codes and what each stands for; `decimal_mark`, a comma where its numbers have one.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    type: Literal["text", "integer", "decimal", "boolean", "date", "partial_date", "timestamp", "list"]
    description: str
    required: bool = False
    optional: bool = False
    phi: Literal["none", "identifier", "free_text"] = "none"
    codes: str | None = None
    strict: bool = False
    min: float | None = None
    max: float | None = None
    unit: str | None = None
    fields: list[Column] = Field(default_factory=list)
    sent_as: str | None = None
    constant: str | None = None
    sent_codes: dict[str, str] = Field(default_factory=dict)
    decimal_mark: Literal[".", ","] = "."

    @model_validator(mode="before")
    @classmethod
    def _name_fields(cls, data: dict) -> dict:
        return {**data, "fields": [{"name": n, **f} for n, f in data.get("fields", {}).items()]}

    @model_validator(mode="after")
    def _missing_is_unknown(self) -> Column:
        if self.optional and self.required:
            raise ValueError(f"column {self.name}: a column that may be missing cannot be required")
        return self

    @property
    def constant_sql(self) -> str | None:
        """SQL of what stands in every record; none where the source has the column."""
        if self.constant is None:
            return None
        return "NULL" if is_missing(self.constant) else quoted(self.constant)

    @property
    def sent(self) -> str:
        """Name of the column where the records come from."""
        return self.sent_as or self.name

    @property
    def sql_type(self) -> str:
        if self.type == "list":
            return "STRUCT(" + ", ".join(f"{f.name} {f.sql_type}" for f in self.fields) + ")[]"
        return SQL_TYPES[self.type]


class Source(BaseModel):
    """Where the rows come from: files named `<name>*` in the feed's landing folder, or a database table.

    `files`: a pattern (shell style) that a hospital's own names of files follow instead. Of the kinds fhir and redcap,
    which only a hospital's folder gives, `maps` say how a record is read, `missing` are codes of missing data, and an
    export that is `is_whole` lacks what was deleted.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Literal["file", "table", "fhir", "redcap"]
    name: str
    files: str | None = None
    maps: list[SourceMap] = Field(default_factory=list)
    missing: list[str] = Field(default_factory=list)
    is_whole: bool = False


class Contract(BaseModel):
    """One feed table. `key` names the record; `version` orders its versions (EHR rows: updated_at).

    `zone`: the hospital's, filled in by its folder; a contract as it stands has none and cannot be read with.
    `optional`: a hospital may have no such table. Once it had one, a night without it is a fault as for any other.
    """

    model_config = ConfigDict(extra="forbid")
    table: str
    feed: Literal["lis", "ris", "ehr"]
    title: str
    zone: str = ""
    description: str
    optional: bool = False
    source: Source
    key: list[str]
    version: list[str] = Field(default_factory=lambda: ["updated_at"])
    patient: str | None = None
    columns: list[Column]

    @property
    def folder(self) -> str:
        """Folder of the landing zone where its files come."""
        return self.source.kind if self.source.maps else self.feed

    @property
    def is_versioned_by_delivery(self) -> bool:
        """Whether a map gives no version: then a new content has the day on which it was first delivered."""
        return any(not {*m.columns, *m.constants}.issuperset(self.version) for m in self.source.maps)

    @model_validator(mode="before")
    @classmethod
    def _name_columns(cls, data: dict) -> dict:
        return {**data, "columns": [{"name": n, **c} for n, c in data["columns"].items()]}

    @model_validator(mode="after")
    def _columns_exist(self) -> Contract:
        names = {c.name for c in self.columns}
        if unknown := {*self.key, *self.version, *([self.patient] if self.patient else [])} - names:
            raise ValueError(f"contract {self.table}: {sorted(unknown)} named but not among the columns")
        if len(self.key) != 1 or len(self.version) != 1:
            raise ValueError(
                f"contract {self.table}: one column names a record and one orders its versions; "
                "where it takes several, let the source send them as one"
            )
        must = {*self.key, *self.version, self.patient}
        if optional := sorted(c.name for c in self.columns if c.optional and c.name in must):
            raise ValueError(f"contract {self.table}: {', '.join(optional)} names the record and cannot be optional")
        return self

    def contract_names(self, arrived: list[str]) -> list[str]:
        """Names of a source's columns as the contract calls them; those it does not know stay."""
        names = {c.sent: c.name for c in self.columns if c.constant is None}
        return [names.get(name, name if name not in {c.name for c in self.columns} else "") for name in arrived]

    def raw_ddl(self) -> str:
        """CREATE TABLE for schema raw: the contract's columns, then the lineage columns."""
        columns = [f"{c.name} {c.sql_type}" for c in self.columns]
        columns += [f"{name} {sql_type}" for name, sql_type in LINEAGE_COLUMNS.items()]
        return f"CREATE TABLE IF NOT EXISTS raw.{self.table} ({', '.join(columns)})"


@cache
def load_contracts() -> dict[str, Contract]:
    """All contracts by table name, in the order of their file names."""
    return {
        path.stem: Contract.model_validate(yaml.load(path.read_text(encoding="utf-8"), _LOADER))
        for path in sorted(FEEDS_DIR.glob("*.yml"))
    }


@cache
def load_codes() -> dict[str, frozenset[str]]:
    """The code lists by name; the models read the same file."""
    lists: dict[str, set[str]] = {}
    with CODE_LISTS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            lists.setdefault(row["list_name"], set()).add(row["code"])
    return {name: frozenset(codes) for name, codes in lists.items()}
