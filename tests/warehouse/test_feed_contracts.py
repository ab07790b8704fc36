"""The contracts, the page written from them, and the empty warehouse they make."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from cartwright.analysis.plan.resampling import SIZES
from cartwright.warehouse.intake import feed_docs
from cartwright.warehouse.intake.contracts import Contract, load_codes, load_contracts
from cartwright.warehouse.settings import Settings
from tiny_hospital import SOUND

CONTRACTS = load_contracts()
FILES = [contract for contract in CONTRACTS.values() if contract.source.kind == "file"]


def test_the_page_about_feeds_is_up_to_date():
    message = "docs/feeds.md is stale: run python -m cartwright.warehouse.intake.feed_docs"
    assert feed_docs.PAGE.read_text(encoding="utf-8") == feed_docs.page(), message


def test_the_page_tells_every_column_and_code_list():
    page = feed_docs.page()
    for contract in CONTRACTS.values():
        for column in contract.columns:
            assert f"| `{column.name}` |" in page
            assert column.description.replace("|", "/") in page
    for name, codes in load_codes().items():
        assert f"- **{name}**: {', '.join(sorted(codes))}" in page


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda c: c.table)
def test_an_empty_warehouse_has_the_raw_table(contract, hospital):
    found = hospital.rows(f"SELECT column_name FROM (DESCRIBE raw.{contract.table})")
    assert [c.name for c in contract.columns] == [name for (name,) in found][: len(contract.columns)]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda c: c.table)
def test_a_contract_names_known_code_lists_and_its_file(contract):
    columns = [c for column in contract.columns for c in (column, *column.fields)]
    assert {c.codes for c in columns if c.codes} <= set(load_codes())
    assert contract.table.startswith(f"{contract.feed}_")
    if contract.patient:
        assert next(c for c in contract.columns if c.name == contract.patient).phi == "identifier"


def test_a_key_that_is_no_column_is_refused():
    text = {"table": "lis_x", "feed": "lis", "title": "", "zone": "UTC", "description": "", "columns": {}}
    with pytest.raises(ValueError, match="named but not among the columns"):
        Contract.model_validate({**text, "source": {"kind": "file", "name": "x"}, "key": ["no"], "version": ["v"]})


def test_no_source_name_is_the_beginning_of_another_deliverys_name():
    from cartwright.warehouse.intake.landing import claimed_format

    for contract in FILES:
        name = f"{contract.source.name}_20220103_late_2.csv.gz"
        assert [c.table for c in FILES if claimed_format(c, name)] == [contract.table]
        assert claimed_format(contract, name) == "csv"
    assert claimed_format(CONTRACTS["lis_lab_result"], "lab_result_20220103.parquet.gz") is None
    assert claimed_format(CONTRACTS["lis_lab_result"], "lab_result.csv") is None


def test_the_tests_own_records_are_sound(hospital):
    for table in SOUND:
        if CONTRACTS[table].source.kind == "file":
            hospital.deliver_json(table, SOUND[table])
        else:
            hospital.ehr(table, SOUND[table])
        assert hospital.night(table).rejected == 0


def test_everything_follows_from_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWRIGHT_AS_OF", "2022-05-01T00:00:00")
    settings = Settings()
    assert settings.feeds == tmp_path / "feeds"
    assert settings.ehr_url == f"sqlite:///{tmp_path}/feeds/ehr.sqlite"
    assert settings.build_db == tmp_path / "restricted" / "warehouse.duckdb"
    assert settings.as_of == datetime(2022, 5, 1, tzinfo=UTC)


def test_a_size_of_resampling_is_one_that_the_statistics_know(monkeypatch):
    monkeypatch.delenv("CARTWRIGHT_RESAMPLING", raising=False)
    assert Settings().resampling == "night"
    assert set(get_args(Settings.model_fields["resampling"].annotation)) == set(SIZES)
    monkeypatch.setenv("CARTWRIGHT_RESAMPLING", "often")
    with pytest.raises(ValueError, match="resampling\n  Input should be 'night', 'full' or 'none'"):
        Settings()


def test_an_override_beats_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CARTWRIGHT_FEEDS", str(tmp_path / "landing"))
    monkeypatch.setenv("CARTWRIGHT_EHR_URL", "postgresql+psycopg://ehr@db/ehr")
    assert Settings().feeds == tmp_path / "landing"
    assert Settings().ehr_url == "postgresql+psycopg://ehr@db/ehr"


@pytest.mark.parametrize("several", [{"key": ["a", "b"], "version": ["c"]}, {"key": ["a"], "version": ["b", "c"]}])
def test_a_record_is_named_by_one_column(several):
    """Staging, cases and case maps read the first; a second would be lost in silence."""
    columns = {name: {"type": "text", "description": ""} for name in "abc"}
    text = {"table": "lis_x", "feed": "lis", "title": "", "zone": "UTC", "description": "", "columns": columns}
    with pytest.raises(ValueError, match="one column names a record"):
        Contract.model_validate({**text, "source": {"kind": "file", "name": "x"}, **several})
