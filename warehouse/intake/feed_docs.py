"""docs/feeds.md, written from the contracts: `python -m cartwright.warehouse.intake.feed_docs`.

A test fails when the page is stale.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping

from cartwright.warehouse.intake.contracts import EMPTY_WORDS, Column, Contract, load_codes, load_contracts
from cartwright.warehouse.settings import CHECKOUT

PAGE = CHECKOUT / "docs" / "feeds.md"
SEEDS = CHECKOUT / "sql" / "seeds"
_FEEDS = {"lis": "Laboratory (LIS)", "ris": "Imaging (RIS)", "ehr": "Treatment (EHR)"}
_FORMATS = {
    "text": "text",
    "integer": "whole number",
    "decimal": "number with a decimal point",
    "boolean": "true or false",
    "date": "YYYY-MM-DD",
    "partial_date": "YYYY, YYYY-MM or YYYY-MM-DD",
    "timestamp": "YYYY-MM-DD HH:MM[:SS]",
    "list": "array of objects",
}
_DATABASE_TYPES = {
    "text": "TEXT",
    "integer": "BIGINT",
    "decimal": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "partial_date": "TEXT",
    "timestamp": "TIMESTAMP",
}
_PRIVACY = {
    "identifier": "identifies the patient; stays in the restricted zone",
    "free_text": "stays in the restricted zone",
}

_INTRODUCTION = """\
<!-- Written by `python -m cartwright.warehouse.intake.feed_docs`; change the contracts in warehouse/intake/feeds/. -->
# Feeds: what the hospital sends

Three feeds bring everything: files of the laboratory (`lis`) and of radiology (`ris`), and the tables of the
treatment system (`ehr`), read through SQLAlchemy. This page is all that is needed to write a valid feed.
What a hospital names or codes otherwise is mapped by its folder ([hospitals](hospitals.md)), where its time zone stands
too.

## Where files go

```
<feeds>/lis/<YYYY-MM-DD>/<source>_<YYYYMMDD>[_anything].<format>
<feeds>/ris/<YYYY-MM-DD>/<source>_<YYYYMMDD>[_anything].<format>
```

`<feeds>` is the setting `CARTWRIGHT_FEEDS` (by default `feeds/` in `CARTWRIGHT_HOME`). The folder is the day of
delivery; what lies in it counts as delivered at 23:00 of that day, hospital time. `<source>` is the source name of
the table below. Formats: `csv`, `csv.gz`, `jsonl`, `jsonl.gz` and `parquet`, for every table alike.

- Write a file under a name that starts with a dot or ends in `.part`, then rename it: half a file is never read.
- Name every delivery anew. A file is read once; a file of a known name with other content is read as a further
  delivery and noted.
- A folder dated more than a day after the night is refused until its day has come.
- No name of a file says anything of a patient: only source, date and a number of two digits are shown, a hash else.
- A table that has nothing to send sends a file with the header and no records. A file of zero bytes is refused.

**CSV**: UTF-8, comma, a header with the name of every column in any order. A list is a JSON array in one field.
Quotation marks as in RFC 4180: a field with commas, quotation marks or line breaks stands in them, and those inside it
are doubled. A record with a mark that is not doubled is rejected; where such a mark swallows the lines below it the
delivery is refused.
**JSON Lines**: one object on each line. A key without value may be left out or null, but a required key that comes in
no object of the file is a missing column. An object that names a key twice is rejected.
**Parquet**: the same columns; numbers, dates, booleans and lists of structs in their own types, or as text. Timestamps
with a zone become the wall clock of the hospital, those without are it. INT96 says neither: it is read from Arrow,
which keeps the type beside it, and from Spark, which writes moments; others are refused. So are durations. Let the
writer put a checksum on each page: it is verified, and without it a damaged value is read as if it had been sent.

A packed file that unpacks to more than 100 times its size is refused.

A column (or a field of a list) marked "may be missing" need not be there, in files and in the tables of the EHR alike;
what it would say is then unknown. A record of a file that is already held gets its value with a new version; a table of
the EHR that gains such a column is read once more as a whole.

## Values

| type | written as |
|---|---|
| text | as it is; line breaks only in free text |
| whole number | digits, no separators |
| number | decimal point, exponent allowed, no unit and no `<` or `>` |
| boolean | `true` or `false` |
| date | `YYYY-MM-DD`, the local calendar of the hospital, between 1900 and 2100 |
| partial date | `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: what is not known is left out, never guessed |
| timestamp | `YYYY-MM-DD HH:MM[:SS]`, the wall clock of the hospital, without zone |

Blanks around a value do not count. A value is missing when it is empty or one of the words {words}. Text holds no
control characters. A number that names a record, a patient or a specimen keeps all its digits: `1.23E+05`, `100001.0`,
full-width digits and invisible signs are rejected, as is a number too large or too small to be held (`1e400`).

## Keys, versions, repetitions

The key names the record, the version orders its states: the highest version counts, whatever order they arrive in. To
change a record send it again with a higher version; to take it back send a version with the status `cancelled`.

- Sent again unchanged: counted as an exact duplicate, nothing happens.
- Two different records with the same key and version in one delivery: both are rejected.
- The same key and version as a record already held, with other content: the later one is rejected.

Two records under two numbers that say different things of one day, one specimen or one thing are a finding
(`records_contradict`). Until one is corrected the worse counts of performance status, staging, toxicity grade, change
of uptake and marrow; rearranged before not, mutated before wild type; the higher count of cells; of stains and results
of one specimen the one resulted later, then of stains the higher share; of batches of one harvest the poorer; the
heavier body weight. A cause of death that another record contradicts is unknown, and so are the diagnosis of two
reports of one moment and what two products of one day do not have in common.

A number beyond its limits below is kept as it was sent, counts as unknown and is a finding (`facts.finding`); a version
number below 1 rejects the record. A record with a fault is put into quarantine, the others of its delivery are
loaded; `quality.rejected_record` names line, column, reason and remedy. A delivery with a missing
column, or one that cannot be read, is refused as a whole and tried again each night. `quality.delivery_ledger` shows
for every delivery: records = loaded + rejected + exact duplicates.

## The tables of the EHR

The setting `CARTWRIGHT_EHR_URL` is any SQLAlchemy URL of SQLite or PostgreSQL (without it: `ehr.sqlite` in the landing
zone); read access is enough. Rows may be
changed and deleted in place. Whoever changes a row sets `updated_at` to the present (hospital time): each night takes
what changed and keeps every version it saw. A row that was set back to an older time (a restored backup), changed
without a new one, or deleted and put back counts as it stands, from the night that noticed it, and is named by the
check `warehouse.rows_newly_written`. A row entered in error is set to `row_status = 'withdrawn'`, or deleted.
Rows that vanish by the hundred, and more than half of a table, are taken for a fault: the table is refused that
night. A missing table is refused, too, but for one marked "may be missing": a hospital need not have it. Once it had,
it is due as the others are.
"""

_UNITS = """\
# Laboratory tests, units and values that are understood

**Tests** are an open list: the standard's codes below (sql/seeds/lab_test.csv, lab_loinc.csv) and the laboratory's own,
each a row of the hospital's folder ([hospitals](hospitals.md)). A result with another code is loaded and kept, and is a
finding until a list knows it.

**Units** (`unit_text`, `dose_unit`) are UCUM, case-sensitive, with annotations; or a habit that
warehouse/intake/feeds/units.yaml or the hospital's unit.csv lists: `K/uL`, `x10^9/L`, `10E9/L`, `mcg`, `gm`, `u/L`,
`units/L`, `mEq/L`, `/mm3`, either mu, full width, any case. A unit counts where it is of the kind of the test below, or
converts into it. One that means two things for a test (`Mg/L`: megagram, or milligram in capitals) is a finding and not
used. Limits are in the unit of their record.

**Values** (`value_text`) are one number with `<`, `<=`, `>` or `>=` (also `≤`, `=<`, full width), with a decimal point
or comma, separators of thousands, `1e3` or `1.2x10^3`, a mark of an abnormal value behind it (`5.0 H`, `5.0*`, `(LL)`),
and the unit of the record. `1,234` alone can be two numbers and is a finding, like `5-10`, `1:640`, `<>5`, `-5`, `<0`
and every remark. In flow cytometry words that say that nothing was found are below the limit
(sql/seeds/value_word.csv, and the hospital's own).

| local_code | test | LOINC | standard unit | kinds of units |
|---|---|---|---|---|"""


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION.replace("{words}", ", ".join(f"`{word}`" for word in EMPTY_WORDS))]
    for feed, title in _FEEDS.items():
        parts.append(f"# {title}\n")
        parts += [_section(contract) for contract in load_contracts().values() if contract.feed == feed]
    parts.append(_laboratory_terms())
    parts.append(
        "# Code lists\n\nA status or system outside its list rejects the record. Any other code that its list does "
        "not know is kept, counts as unknown and is a finding; once the hospital's folder maps it (code_map.csv) it "
        "counts, without being sent again.\n"
    )
    parts += [f"- **{name}**: {', '.join(sorted(codes))}" for name, codes in sorted(load_codes().items())]
    return "\n".join(parts) + "\n"


def _laboratory_terms() -> str:
    """Which test codes and units the models understand; others are loaded, kept and reported, but not used."""
    quantities = {row["lbtestcd"]: row for row in _seed("quantity")}
    codes: dict[str, list[str]] = {}
    for row in _seed("lab_loinc"):
        codes.setdefault(row["lbtestcd"], []).append(row["loinc"])
    lines = []
    for row in _seed("lab_test"):
        quantity = quantities[row["lbtestcd"]]
        kinds = _kinds(quantity)
        cells = f"{row['lbtest']} | {', '.join(codes.get(row['lbtestcd'], []))} | {quantity['standard_unit']} | {kinds}"
        lines.append(f"| `{row['local_code']}` | {cells} |")
    return "\n".join([_UNITS, *lines, ""])


def _kinds(quantity: Mapping[str, str]) -> str:
    """Of which kinds the unit of a test may be, in words."""
    base, molar = quantity["base_unit"], quantity["molar_mass_g_per_mol"]
    kinds = {"m-3": "number in a volume", "s": "time", "mol.m-3.s-1": "enzyme activity in a volume"}.get(base)
    if kinds is None:
        own, other = "amount of substance in a volume", "mass in a volume"
        own, other = (own, other) if base == "mol.m-3" else (other, own)
        kinds = f"{own}, {other} ({molar} g/mol)" if molar else own
    charge = quantity["charge_no"]
    return (
        kinds
        + (f", equivalents ({charge} a mole)" if charge else "")
        + (", international units" if quantity["is_iu_u"] == "true" else "")
    )


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _section(contract: Contract) -> str:
    kind = "Files named" if contract.source.kind == "file" else "Table"
    named = f"`{contract.source.name}_<YYYYMMDD>...`" if contract.source.kind == "file" else f"`{contract.source.name}`"
    lines = [
        f"## {contract.title} (`{contract.table}`)\n",
        f"{contract.description}\n",
        f"{kind} {named}{' (may be missing)' if contract.optional else ''}. Key: {', '.join(contract.key)}. "
        f"Version: {', '.join(contract.version)}.\n",
        "| column | type | required | unit | limits | codes | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    limits = plausible_limits(contract.table)
    for column in contract.columns:
        lines.append(_line(column, column.name, limits.get(column.name, "")))
        lines += [
            _line(field, f"{column.name}[].{field.name}", limits.get(f"{column.name}.{field.name}", ""))
            for field in column.fields
        ]
    if contract.source.kind == "table":
        lines += ["", "```sql", *table_ddl(contract), "```"]
    return "\n".join(lines) + "\n"


def plausible_limits(table: str) -> dict[str, str]:
    """The limits beyond which a value counts as unknown, by column (list.field inside a list)."""
    with (SEEDS / "plausible_limit.csv").open(encoding="utf-8", newline="") as stream:
        return {
            row["column_name"]: f"{float(row['low']):g} to {float(row['high']):g}"
            for row in csv.DictReader(stream)
            if row["table_name"] == table and row["action_code"] == "unknown" and not row["test_code"]
        }


def _line(column: Column, name: str, plausible: str) -> str:
    low, high = (f"{limit:g}" if limit is not None else None for limit in (column.min, column.max))
    limits = {(True, True): f"{low} to {high}", (True, False): f"at least {low}", (False, True): f"at most {high}"}
    meaning = column.description + (f" ({_PRIVACY[column.phi]})" if column.phi in _PRIVACY else "")
    cells = [
        f"`{name}`",
        _FORMATS[column.type],
        "yes" if column.required else "may be missing" if column.optional else "",
        column.unit or "",
        limits.get((low is not None, high is not None), plausible),
        f"{column.codes}" if column.codes else "",
        meaning.replace("|", "/"),
    ]
    return f"| {' | '.join(cells)} |"


def table_ddl(contract: Contract) -> list[str]:
    """CREATE TABLE of an EHR table, as the hospital would write it, line by line."""
    columns = [f"    {c.name} {_DATABASE_TYPES[c.type]}{' NOT NULL' if c.required else ''}," for c in contract.columns]
    return [f"CREATE TABLE {contract.source.name} (", *columns, f"    PRIMARY KEY ({', '.join(contract.key)})", ");"]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
