"""A release, the whole patient list and this program together name nobody: whatever is computed from the list without
the identity key stands nowhere in a release. With the key the same attack names everybody, so it is one that works.

Age, sex and dates are published; whoever knows them of somebody can look for them (docs/decisions.md).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.identity.key import read_key
from cartwright.warehouse.identity.subjects import pseudonym
from cartwright.warehouse.release.published import keyed
from houses import House

pytestmark = pytest.mark.slow
DIGITS = 16  # as many of a hash a release shows
# What the list has of each person, and the ids that the program makes of whole rows of it.
LIST = """
    SELECT l.enterprise_no, unnest(list_distinct([
        l.enterprise_no, l.local_patient_no, l.link_id, p.mrn, p.full_name, p.birth_date::VARCHAR, p.record_id,
        l.record_id, concat_ws('|', p.mrn, p.full_name, p.birth_date, p.sex_code, p.updated_at),
        concat_ws('|', p.full_name, p.birth_date), concat_ws('|', p.mrn, p.birth_date),
        concat_ws('', p.full_name, p.birth_date), concat_ws('', p.mrn, p.full_name)])) AS known
    FROM raw.ehr_patient_link AS l JOIN raw.ehr_patient AS p ON l.local_patient_no = p.mrn"""
DIGESTS: list[Callable[[bytes], str]] = [
    lambda text, how=how: hashlib.new(how, text).hexdigest() for how in ("md5", "sha1", "sha256", "sha512", "blake2b")
]


def guesses(known: str, key: bytes) -> Iterator[str]:
    """What a release might show of a text: the text, hashes that need no key, and those of the program with this."""
    yield known.casefold()
    text = known.encode()
    yield from (digest(text)[:DIGITS] for digest in DIGESTS)
    yield keyed(key, known)
    yield hmac.new(key, text, hashlib.sha256).hexdigest()[:DIGITS]


def shown(release: Path) -> set[str]:
    """Every value of every text column of a release, and every run of hex digits in one, in small letters."""
    found: set[str] = set()
    with duckdb.connect(str(release / "release.duckdb"), read_only=True) as con:
        columns = con.execute(
            "SELECT schema_name || '.\"' || table_name || '\"', column_name FROM duckdb_columns() "
            "WHERE NOT internal AND data_type LIKE 'VARCHAR%'"
        ).fetchall()
        for table, column in columns:
            values = f'SELECT DISTINCT lower("{column}"::VARCHAR) AS v FROM {table} WHERE "{column}" IS NOT NULL'
            query = f"SELECT v, regexp_extract_all(v, '[0-9a-f]{{{DIGITS}}}') FROM ({values})"
            for value, runs in con.execute(query).fetchall():
                found |= {value, *runs}
    return found


def persons_named(house: House, key: bytes) -> tuple[int, int]:
    """Of the persons of the study: how many the attack with this key names, of how many."""
    seen = shown(house.place.current.resolve())
    with duckdb.connect(str(house.settings.build_db), read_only=True) as con:
        rows = con.execute(LIST).fetchall()
    with duckdb.connect(str(house.place.current_db), read_only=True) as con:
        subjects = {subject for (subject,) in con.execute("SELECT usubjid FROM eligibility.screening").fetchall()}
    real = read_key(house.settings)
    person = {pseudonym(real, number): number for number, _ in rows}
    named = {number for number, known in rows if seen & set(guesses(known, key))}
    due = {person[subject] for subject in subjects}
    return len(due & named), len(due)


@pytest.mark.parametrize("key", [b"", b"x", b"0" * 64, b"cartwright", b"cd20_salvage"])
def test_a_patient_list_names_nobody_of_a_release(house: House, key: bytes) -> None:
    assert persons_named(house, key) == (0, 179)


def test_with_the_identity_key_the_same_attack_names_everybody(house: House) -> None:
    assert persons_named(house, read_key(house.settings)) == (179, 179)
