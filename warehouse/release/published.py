"""What a release shows of every text: own words, listed codes, recognised numbers and units; keyed identifiers else.

Each text column of the published schemas has a kind (published_texts.yml). The build file keeps ids and texts as they
came; they are replaced while the release is copied, by HMAC with the identity key, which never enters SQL.
`identity.published_id` leads back, for whoever may read the build file.

Kinds and what they show:
  word            written by the warehouse or the study, shown as it is
  subject, course pseudonym; pseudonym and first day of a course
  key             16 hex digits of the keyed hash of a record id or a number of the hospital
  key_or_subject  the same, unless it is a pseudonym or a course
  label           a lesion's label of at most six signs like T1A
  date            a day or part of one
  code            what a code list, a seed, the catalogue, the study or the models' SQL says; several joined
  unit            the same, and units that were recognised
  result          the same, and numbers with or without sign, mark and unit, and days
  variant         the same, and HGVS descriptions of a sequence
  file            a delivery named by source and day only
  run             id of a run
Anything else in a label, code, unit, result, variant or file shows its class and a keyed tag: `(text ~01ab...)`.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import duckdb
import yaml

from cartwright.warehouse.identity.key import establish, read_key
from cartwright.warehouse.intake.contracts import CODE_LISTS, load_contracts
from cartwright.warehouse.intake.landing import is_plain
from cartwright.warehouse.one_row import one_value
from cartwright.warehouse.settings import Settings
from cartwright.warehouse.store_tables import quoted
from cartwright.warehouse.study.own_sql import sql_folder

_DECLARED = Path(__file__).with_name("published_texts.yml")
_SQL = CODE_LISTS.parents[1]
_NO_TEXT = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL\(.*\)|BOOLEAN|DATE|TIME.*)(\[\])*")
_PERSON = r"CW-[0-9A-F]{1,16}"
_DAY = r"\d{4}(-\d{2}(-\d{2})?)?"
_NUMBER = r"[-+]?(\d{1,3}([, ]\d{3})+(?!\d)|\d*)([.,]\d+)?\.?([eE][-+]?\d+|\s?[x*×]\s?10\^?\d+)?"
# HGVS 21.1: a reference sequence, which may be absent, and a change of protein, DNA or RNA, which holds a position.
_REFERENCE = r"([A-Z]{2}_\d+(\.\d+)?:)?"
_RESIDUE = (
    "(Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Sec|Ser|Ter|Thr|Trp|Tyr|Val"
    "|[ACDEFGHIKLMNPQRSTUVWYX*])"
)
_SHIFT = rf"{_RESIDUE}?fs((Ter|X|\*)\d{{0,4}})?"
_CHANGE = rf"({_RESIDUE}|=|\?|del|dup|(del)?ins{_RESIDUE}{{1,3}}|{_SHIFT})"
_PROTEIN = rf"p\.\(?{_RESIDUE}\d{{1,5}}(_{_RESIDUE}\d{{1,5}})?{_CHANGE}?\)?"
_BASES = r"[ACGTUacgu]{0,50}"
_DNA = (
    rf"[cgmnr]\.[*-]?\d+([+-]\d+)?(_[*-]?\d+([+-]\d+)?)?({_BASES}>{_BASES}|delins{_BASES}|(del|dup|ins|inv){_BASES}|=)"
)
_VARIANT = rf"{_REFERENCE}({_PROTEIN}|{_DNA})"
_MARK = r"[([]?(\*{1,2}|HH?|LL?|[+#!↑↓])[)\]]?"
_CLASS = r"\((whole number|decimal number|date|text|words|number)( ~[0-9a-f]{16})?\)"
_MASKED = r"\((?:whole number|decimal number|date|text|words|number) ~[0-9a-f]{16}\)"
# Asked of every text of a hospital: compiled once.
_IS_CLASS, _IS_VARIANT, _IS_DAY, _IS_DIGIT = map(re.compile, (_CLASS, _VARIANT, _DAY, r"\d"))
_JOINT, _NOTE = re.compile(r"\+|_over_|_(?=\d)|: "), re.compile(r"\{([^}]*)\}?")
_MARK_LAST = re.compile(rf"(\s+|(?<=\d))({_MARK})$")
_MEASURED = re.compile(rf"[<>=≤≥＜＞~]{{0,2}}\s*(?P<number>{_NUMBER})\s*({_MARK})?\s*(?P<unit>.*)")
# What the form of a value must be in the release: nothing else is let out under these kinds.
FORMS = {
    "subject": _PERSON,
    "course": rf"{_PERSON}:\d{{4}}-\d{{2}}-\d{{2}}",
    "key": r"[0-9a-f]{16}",
    "key_or_subject": rf"[0-9a-f]{{16}}|{_PERSON}(:\d{{4}}-\d{{2}}-\d{{2}})?",
    "label": rf"[A-Z]{{0,3}}\d{{1,2}}[A-Z]?|{_CLASS}",
    "date": rf"{_DAY}(T\d{{2}}:\d{{2}}(:\d{{2}})?)?",
    "run": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z ]{1,16}",
}
_ANNOTATIONS = ("cell", "cells", "copies", "index", "ratio", "score")
_KEYS = "shown_key"
_ROWS_OF_SMALL = (100_000, 10_000)
_CATALOGUE = "SELECT product_code FROM raw.ehr_cart_product"
_SENT = "SELECT tag, source_text FROM build.identity.sent_text"
KEYED = ("key", "key_or_subject")
LISTED = ("label", "code", "unit", "result", "variant", "file")
REPLACED = (*KEYED, *LISTED)


class Undeclared(Exception):
    """A published table has a text column that published_texts.yml does not know."""


@cache
def declared() -> dict[str, str]:
    """Kind by column name, or by `schema.table.column`."""
    kinds = yaml.safe_load(_DECLARED.read_text(encoding="utf-8"))
    return {name: kind for kind, names in kinds.items() for name in names}


def _items(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the study's items and of the columns that show them."""
    has_items = (
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'study' AND table_name = 'item' "
        "AND database_name = current_database()"
    )
    if not one_value(con.execute(has_items)):
        return set()
    return {name for names in con.execute("SELECT column_name, item FROM study.item").fetchall() for name in names}


def _of_study(items: Container[str], table: str, column: str) -> str | None:
    """The kind of a column that the study declared: the code of an item (any table), or the wording of an endpoint."""
    if table == "mart.outcomes" and column.endswith("_reason"):
        return "word"
    return "code" if column in items else None


def text_columns(
    con: duckdb.DuckDBPyConnection, tables: list[str], database: str, study_dir: Path | None = None
) -> dict[str, dict[str, str]]:
    """Table -> text column -> kind. Raises Undeclared.

    In a model of the study's own no column shows what nobody listed: nothing that its SQL takes from a record becomes a
    word because its column is called like one, and a name that nobody declared is a code.
    """
    own = {path.stem for path in sql_folder(study_dir).rglob("*.sql")} if study_dir else set()
    rows = con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? AND list_contains(?, schema_name || '.' || table_name) ORDER BY ALL",
        [database, tables],
    ).fetchall()
    found: dict[str, dict[str, str]] = {table: {} for table in tables}
    unknown, items = [], _items(con)
    for table, column, kind in rows:
        if _NO_TEXT.fullmatch(kind):
            continue
        decided = declared().get(f"{table}.{column}") or declared().get(column) or _of_study(items, table, column)
        if table.partition(".")[2] in own and decided in (None, "word"):
            decided = "code"
        if kind != "VARCHAR" or decided is None:
            unknown.append(f"{table}.{column}")
        else:
            found[table][column] = decided
    if unknown:
        raise Undeclared(
            f"not released: nobody has decided what {', '.join(unknown)} may show; declare the column in "
            "warehouse/release/published_texts.yml, and publish plain text (VARCHAR) only"
        )
    return found


def keyed(key: bytes, text: str) -> str:
    """16 hex digits that name `text` and say nothing of it to whoever has not the key."""
    return hashlib.blake2b(text.encode(), key=key, digest_size=8).hexdigest()


def show_texts(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    study_dir: Path,
    columns: Mapping[str, Mapping[str, str]],
    is_identifying: Callable[[str], bool],
) -> None:
    """Decide what each text but the keys shows: temporary table `shown_text` (kind, value, shown).

    is_identifying: whether a value holds something that names a patient; then it shows its class, listed or not.
    """
    key, key_id = read_key(settings), establish(con, settings)
    lists = _Lists(con, study_dir)
    con.execute("CREATE OR REPLACE TEMP TABLE shown_text (kind VARCHAR, value VARCHAR, shown VARCHAR)")
    for kind in LISTED:
        values = _distinct(con, columns, (kind,))
        shown = [v if lists.knows(kind, v) and not is_identifying(v) else _class_of(key, v) for v in values]
        _insert(con, "shown_text", "SELECT * FROM arrived", kind=[kind] * len(values), value=values, shown=shown)
    con.execute(
        f"INSERT INTO {_ids(con)} SELECT DISTINCT value, shown, ? FROM shown_text AS new "
        "WHERE value <> shown AND NOT EXISTS (FROM identity.published_id AS held WHERE held.published_id = new.shown)",
        [key_id],
    )


def show_keys(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    columns: Mapping[str, Mapping[str, str]],
    rows: Mapping[str, str],
) -> dict[str, str]:
    """Name what stands in the keyed columns of the rows that are written: temporary table `shown_key` (value, shown).

    rows: table -> condition on its rows `t`. Returns for each table where what its keys show stands.
    """
    key, key_id = read_key(settings), establish(con, settings)
    read = {f"{table} AS t WHERE {rows[table]}": kinds for table, kinds in columns.items()}
    _name_keys(con, key, key_id, read)
    return dict(zip(columns, _keys_of(con, read).values(), strict=True))


def sources(con: duckdb.DuckDBPyConnection, shown: Iterable[str]) -> dict[str, str]:
    """What stands in the build file, attached as `build`, for published ids and texts; what is unknown for itself."""
    listed = ", ".join(quoted(text) for text in sorted(set(shown)))  # a parameter would make DuckDB import pandas
    return dict(con.execute(names_behind(con, f"(SELECT unnest([{listed}]::VARCHAR[]) AS published_id)")).fetchall())


def names_behind(con: duckdb.DuckDBPyConnection, shown: str) -> str:
    """SQL of published_id and the record_id (or text) that it stands for, of the published ids of a table.

    Of a house from before ids were keyed each stands for itself: its releases show its own.
    """
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'build' AND table_name = 'published_id'"
    if not one_value(con.execute(query)):
        return f"SELECT published_id, published_id AS record_id FROM {shown}"
    return (
        "SELECT shown.published_id, coalesce(min(held.source_text), shown.published_id) AS record_id "
        f"FROM {shown} AS shown LEFT JOIN build.identity.published_id AS held "
        "ON shown.published_id = held.published_id GROUP BY shown.published_id"
    )


def meant(settings: Settings, texts: list[str]) -> list[str]:
    """`texts` with what stood in place of their masked parts, where the build file can be read; else as they are."""
    masked = {part for text in texts for part in re.findall(_MASKED, text)}
    if not masked or not os.access(settings.build_db, os.R_OK):
        return texts
    with duckdb.connect() as con:
        try:
            con.execute(f"ATTACH {quoted(str(settings.build_db))} AS build (READ_ONLY)")
        except duckdb.IOException:  # a night is writing it
            return texts
        known = sources(con, masked)
        tags = {part[-17:-1]: part for part in masked if known[part] == part}  # tagged before the release
        known |= {tags[tag]: text for tag, text in con.execute(_SENT).fetchall() if tag in tags}
    return [re.sub(_MASKED, lambda found: known.get(found[0], found[0]), text) for text in texts]


def select_sql(
    table: str,
    kinds: Mapping[str, str],
    names: Iterable[str],
    where: str,
    instead: Mapping[str, str] | None = None,
    keys: str = _KEYS,
) -> str:
    """SELECT of a table of the build file as it may be seen, after `show_texts`, and `show_keys`, which says where its
    `keys` stand.

    instead: name -> SQL in its place.
    """
    columns, joins = [], []
    for place, name in enumerate(names):
        kind, own = kinds.get(name), (instead or {}).get(name, f't."{name}"')
        if kind in KEYED:
            joins.append(f"LEFT JOIN temp.{keys} AS j{place} ON {own} = j{place}.value")
        elif kind in LISTED:
            joins.append(
                f"LEFT JOIN temp.shown_text AS j{place} ON j{place}.kind = '{kind}' AND {own} = j{place}.value"
            )
        columns.append(f'{f"j{place}.shown" if kind in REPLACED else own} AS "{name}"')
    return f"SELECT {', '.join(columns)} FROM {table} AS t {' '.join(joins)} {where}"


def _name_keys(
    con: duckdb.DuckDBPyConnection, key: bytes, key_id: str, columns: Mapping[str, Mapping[str, str]]
) -> None:
    """`shown_key`: every value of the keyed columns and what stands for it. Only those not seen before are hashed."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS {_distinct_sql(columns, KEYED)}")
    both = _distinct_sql(columns, ("key_or_subject",))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE kept AS "
        f"SELECT value FROM ({both}) WHERE regexp_full_match(value, '{_PERSON}(:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})?')"
    )
    held = "(SELECT * FROM identity.published_id WHERE key_id = ? AND published_id NOT LIKE '(%')"
    new = (
        con.execute(
            f"SELECT value FROM wanted ANTI JOIN kept USING (value) ANTI JOIN {held} AS held ON value = source_text "
            "ORDER BY value",
            [key_id],
        )
        .to_arrow_table()["value"]
        .to_pylist()
    )
    _insert(
        con,
        _ids(con),
        "SELECT * FROM arrived",
        source_text=new,
        published_id=[keyed(key, value) for value in new],
        key_id=[key_id] * len(new),
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_KEYS} AS SELECT value, value AS shown FROM kept UNION ALL "
        "SELECT value, published_id FROM wanted ANTI JOIN kept USING (value) "
        f"JOIN {held} AS held ON value = source_text",
        [key_id],
    )


def _keys_of(con: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Table -> where what its keys show stands. Most tables are small and have several keys: each of their joins would
    read the keys of all records."""
    counts = " UNION ALL ".join(f"SELECT {quoted(table)}, count(*) FROM {table}" for table in columns)
    rows, keys_of, held = dict(con.execute(counts).fetchall()) if columns else {}, dict.fromkeys(columns, _KEYS), _KEYS
    for most in _ROWS_OF_SMALL:
        few = {table: names for table, names in columns.items() if rows[table] <= most}
        smaller = f"{_KEYS}_{most}"
        wanted = _distinct_sql(few, KEYED)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {smaller} AS FROM {held} SEMI JOIN ({wanted}) USING (value)")
        keys_of, held = keys_of | dict.fromkeys(few, smaller), smaller
    return keys_of


def _ids(con: duckdb.DuckDBPyConnection) -> str:
    """The table of published ids, where it can be written: beside the file of a study it is the hospital's."""
    query = "SELECT database_name FROM duckdb_tables() WHERE schema_name = 'identity' AND table_name = 'published_id'"
    database = one_value(con.execute(query))
    return f'"{database}".identity.published_id'


def _distinct(
    con: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]], kinds: tuple[str, ...]
) -> list[str]:
    return con.execute(_distinct_sql(columns, kinds)).to_arrow_table()["value"].to_pylist()


def _distinct_sql(columns: Mapping[str, Mapping[str, str]], kinds: tuple[str, ...]) -> str:
    parts = [
        f'SELECT DISTINCT "{name}" AS value FROM {table}'
        for table, names in columns.items()
        for name, kind in names.items()
        if kind in kinds
    ] or ["SELECT NULL::VARCHAR AS value"]
    return f"SELECT DISTINCT value FROM ({' UNION ALL '.join(parts)}) WHERE value IS NOT NULL"


def _insert(con: duckdb.DuckDBPyConnection, into: str, select: str, **columns: list[str]) -> None:
    import pyarrow as pa  # heavy, and only an update of the identities needs it

    con.register("arrived", pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))
    con.execute(f"INSERT INTO {into} {select}")
    con.unregister("arrived")


class _Lists:
    """The words and units that a release may show."""

    def __init__(self, con: duckdb.DuckDBPyConnection, study_dir: Path) -> None:
        self.words = {
            *_seed_words(),
            *_model_words(study_dir),
            *_contract_words(),
            *_words_of(con, _CATALOGUE),
            *_words_of(con, _texts_of(con, "study")),
            *_words_of(con, _texts_of(con, "hospital")),
        }
        self.units = {*_words_of(con, "SELECT unit_text FROM ingest.unit_reading WHERE ucum IS NOT NULL")}

    def knows(self, kind: str, value: str) -> bool:
        if kind == "label":
            return bool(re.fullmatch(FORMS[kind], value))
        if self._is_said(value) or _IS_CLASS.fullmatch(value):
            return True
        match kind:
            case "file":
                return is_plain(value)
            case "unit":
                return self._is_unit(value)
            case "variant":
                return bool(_IS_VARIANT.fullmatch(value))
            case "result":
                return self._is_result(value)
        return False

    def _is_said(self, value: str) -> bool:
        """A word, or several joined: antibody+steroid, CR_over_PD, 2_1 (two grades), assessment: decides."""
        return value in self.words or all(
            part in self.words or _IS_DIGIT.fullmatch(part) for part in _JOINT.split(value)
        )

    def _is_unit(self, value: str) -> bool:
        """A unit that was recognised, without the free text that UCUM allows between braces."""
        return value in self.units and all(note in _ANNOTATIONS for note in _NOTE.findall(value))

    def _is_result(self, value: str) -> bool:
        """A day, a word, or sign, number, mark and unit (the mark may be last); all but the number may be absent."""
        plain = unicodedata.normalize("NFKC", value).casefold().strip()
        if plain in self.words or _IS_DAY.fullmatch(plain):
            return True
        measured = _MARK_LAST.sub("", value.strip())
        found = _MEASURED.match(measured)
        return bool(found and _IS_DIGIT.search(found["number"]) and (not found["unit"] or self._is_unit(found["unit"])))


def _class_of(key: bytes, value: str) -> str:
    kind = (
        "whole number"
        if re.fullmatch(r"[-+]?\d+", value)
        else "decimal number"
        if re.fullmatch(_NUMBER, value)
        else "date"
        if re.fullmatch(_DAY, value)
        else "text"
    )
    return f"({kind} ~{keyed(key, value)})"


def _seed_words() -> Iterator[str]:
    for path in CODE_LISTS.parent.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                yield from row


def _model_words(study_dir: Path) -> Iterator[str]:
    """What the SQL of the models writes itself."""
    for folder in (_SQL / "models", _SQL / "macros", sql_folder(study_dir)):
        for path in folder.rglob("*.sql"):
            yield from re.findall(r"'([^'\n]{1,60})'", path.read_text(encoding="utf-8"))


def _contract_words() -> Iterator[str]:
    for contract in load_contracts().values():
        yield from (contract.table, contract.source.name)
        for column in contract.columns:
            yield from (column.name, *(f"{column.name}.{field.name}" for field in column.fields))


def _texts_of(con: duckdb.DuckDBPyConnection, schema: str) -> str:
    """Every text of a schema."""
    columns = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = ? AND data_type = 'VARCHAR' ORDER BY ALL",
        [schema],
    ).fetchall()
    return (
        " UNION ALL ".join(f'SELECT "{column}" FROM {schema}."{table}"' for table, column in columns) or "SELECT NULL"
    )


def _words_of(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[str]:
    return (word for (word,) in con.execute(f"SELECT DISTINCT * FROM ({query})").fetchall() if word)
