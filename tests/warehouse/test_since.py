"""What changed since last night: counted by what a reader asks for, and only what differs is read."""

import json

import duckdb
import pytest

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.diff import Change, compare
from cartwright.warehouse.release.since import before, since, totals
from cartwright.warehouse.study.place import StudyPlace

INPUTS = {"records": 10, "loaded": 8, "rejected": 1, "duplicates": 1, "deliveries": 1}
ENDPOINT = "usubjid VARCHAR, paramcd VARCHAR, startdt DATE, adt DATE, cnsr INTEGER, evntdesc VARCHAR, cnsdtdsc VARCHAR"
ALIVE = ("P1", "OS", "2021-01-01", "2021-06-01", 1, None, "Last contact")
DEAD = ("P1", "OS", "2021-01-01", "2021-07-01", 0, "Death", None)


@pytest.fixture
def place(tmp_path):
    return StudyPlace("a_study", tmp_path, tmp_path, tmp_path / "build.duckdb")


def release(place, release_id, rows, hour=1, **manifest):
    """A release whose only table is adam.adtte."""
    folder = place.releases / release_id
    folder.mkdir(parents=True)
    told = {"release_id": release_id, "built_at": f"2026-11-30T0{hour}:00:00", "inputs": {}, "tables": {}, **manifest}
    (folder / "manifest.json").write_text(json.dumps(told))
    with duckdb.connect(str(folder / "release.duckdb")) as con:
        con.execute(f"CREATE SCHEMA adam; CREATE TABLE adam.adtte ({ENDPOINT})")
        con.executemany("INSERT INTO adam.adtte VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return folder


def test_an_endpoint_that_moved_is_one_however_many_of_its_columns_did(place):
    found = since(release(place, "old", [ALIVE]), release(place, "new", [DEAD]))
    assert found.counted() == {"endpoints": 1}
    assert {(c.column, c.old, c.new) for c in found.changes["endpoints"]} >= {("cnsr", "1", "0")}


def test_a_subject_is_one_however_many_of_its_criteria_moved(place, monkeypatch):
    told = [
        Change("inclusion", "P1", "is_included", "changed", "is_included", "true", "false"),
        Change("criterion", "P1", "age", "changed", "status", "met", "unknown"),
    ]
    monkeypatch.setattr("cartwright.warehouse.release.since.compare", lambda old, new: told)
    assert since(release(place, "old", [ALIVE]), release(place, "new", [ALIVE], 2)).counted() == {"subjects": 1}


def test_records_are_what_came_beyond_those_of_the_release_before(place):
    more = {**INPUTS, "records": 15, "loaded": 12, "rejected": 2}
    old = release(place, "old", [ALIVE], inputs={"lis": INPUTS, "ris": INPUTS})
    found = since(old, release(place, "new", [ALIVE], inputs={"lis": more, "ris": INPUTS, "ehr": INPUTS}))
    assert set(found.records) == {"lis", "ehr"}
    assert totals(found) == {"records": 15, "loaded": 12, "rejected": 2, "duplicates": 1}


def test_a_table_of_equal_hash_is_not_read(place):
    """It differs here only because the hashes are made up: of what is equal by its hash no row is compared."""
    same = {"adam.adtte": {"rows": 1, "sha256": "0"}}
    old, new = release(place, "old", [ALIVE], tables=same), release(place, "new", [DEAD], tables=same)
    assert compare(old, new) == []
    (old / "manifest.json").write_text((old / "manifest.json").read_text().replace('"0"', '"1"'))
    assert compare(old, new) != []


def test_the_release_before_is_the_one_built_before_the_current_one(place):
    for hour, name in enumerate(("a", "b", "c"), start=1):
        release(place, name, [ALIVE], hour)
    place.current.symlink_to(place.releases / "b")
    assert [folder.name for folder in before(place)] == ["a", "b"]
    assert [folder.name for folder in before(place, "c")] == ["c", "b"]
    with pytest.raises(UnknownName, match="no release d; there are a, b, c"):
        before(place, "d")
    place.current.unlink()
    place.current.symlink_to(place.releases / "a")
    with pytest.raises(UnknownName, match="no release before this one"):
        before(place)


@pytest.mark.parametrize(("new", "count"), [("29.748782360327308", 0), ("29.7487824", 1), (None, 1)])
def test_what_the_order_of_a_sum_leaves_is_no_change_of_a_result(place, monkeypatch, new, count):
    moved = Change("statistic", "os", "ess", "changed", "value", "29.748782360327304", new)
    monkeypatch.setattr("cartwright.warehouse.release.since.compare", lambda old, new: [moved])
    found = since(release(place, "old", [ALIVE]), release(place, "new", [ALIVE], 2))
    assert len(found.changes["results"]) == count


def test_an_item_that_has_a_column_is_told_once(place, monkeypatch):
    told = [Change(about, "P1", "ecog_grade", "changed", "value_num", "1", "2") for about in ("item", "patient")]
    other = Change("patient", "P1", "group_code", "changed", "group_code", "a", "b")
    monkeypatch.setattr("cartwright.warehouse.release.since.compare", lambda old, new: [*told, other])
    found = since(release(place, "old", [ALIVE]), release(place, "new", [ALIVE], 2))
    assert [change.about for change in found.changes["baseline values"]] == ["item", "patient"]


def screened(folder, *subjects):
    """The persons of a release."""
    with duckdb.connect(str(folder / "release.duckdb")) as con:
        con.execute(
            "CREATE SCHEMA eligibility; CREATE TABLE eligibility.screening (usubjid VARCHAR, is_included BOOLEAN)"
        )
        con.executemany("INSERT INTO eligibility.screening VALUES (?, true)", [[subject] for subject in subjects])
    return folder


def test_of_whoever_left_the_study_it_is_said_that_they_left_and_no_value(place):
    """Their diagnosis was withdrawn, say: the later release has nothing of them."""
    old = screened(release(place, "old", [ALIVE, ("P2", *ALIVE[1:])]), "P1", "P2")
    new = screened(release(place, "new", [DEAD]), "P1")
    found = since(old, new)
    assert [(c.who, c.item, c.kind, c.old, c.new) for c in found.changes["subjects"]] == [
        ("P2", "screened", "removed", "yes", None)
    ]
    assert {c.who for changes in found.changes.values() for c in changes if c.about != "inclusion"} == {"P1"}


def test_the_records_that_took_somebody_out_of_the_study_are_named(place, monkeypatch):
    told = [
        Change("inclusion", "P2", "inclfl", "removed", "is_included", "true", None, ("-r1",)),
        Change("item", "P2", "ecog_grade", "removed", "value_num", "1", None, ("-r2",)),
    ]
    monkeypatch.setattr("cartwright.warehouse.release.since.compare", lambda old, new: told)
    old, new = screened(release(place, "old", [ALIVE]), "P2"), screened(release(place, "new", [ALIVE]), "P1")
    (left,) = since(old, new).changes["subjects"]
    assert left.records == ("-r1",)


def test_pseudonyms_of_two_keys_are_of_nobody_who_left(place):
    keys = [{"key_id": "a"}, {"key_id": "b"}]
    old, new = (
        screened(release(place, name, [ALIVE], ingredients=key), name) for name, key in zip("on", keys, strict=True)
    )
    assert since(old, new).counted() == {}
