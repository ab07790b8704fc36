"""The invariant under random dirt: whatever is delivered is loaded, rejected or an exact duplicate, and never lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiny_hospital import Hospital, csv_text, sound

LAB = "lis_lab_result"
DIRT = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "column": st.sampled_from(
                [
                    "result_no",
                    "version_no",
                    "result_status",
                    "lis_patient_no",
                    "value_text",
                    "reference_low",
                    "collected_at",
                ]
            ),
            "value": st.one_of(
                st.sampled_from(
                    ["", "0", "1", "2", "final", "2022-02-30 08:00", "<5", '"', '""', ",", " ", "NULL", "é"]
                ),
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
            ),
        }
    ),
)
RECORDS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2), DIRT), max_size=12)
LINES = st.lists(st.sampled_from(["a,b", "", '"', ",,,", "x" * 50]), max_size=2)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = Hospital(tmp_path_factory.mktemp("dirt"))
    yield made
    made.con.close()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(deliveries=st.lists(st.tuples(RECORDS, LINES), min_size=1, max_size=3))
def test_records_delivered_are_loaded_rejected_or_duplicates(house, deliveries):
    for table in ("raw.lis_lab_result", "quality.delivery_ledger", "quality.rejected_record", "ingest.delivery_file"):
        house.con.execute(f"DELETE FROM {table}")
    house.con.execute("DELETE FROM quarantine.rejected_record")
    for path in house.settings.feeds.rglob("lab_result*"):
        path.unlink()
    for day, (records, lines) in enumerate(deliveries, start=1):
        made = []
        for key, version, dirt in records:
            record = sound(LAB, result_no=f"R{key}", version_no=version)
            if dirt:
                record[dirt["column"]] = dirt["value"]
            made.append(record)
        house.deliver_text(LAB, csv_text(LAB, made) + "".join(f"{line}\n" for line in lines), day=f"2022-01-{day:02d}")
    report = house.night(LAB)
    assert report.delivered == report.loaded + report.rejected + report.duplicates
    # Counted once more from the tables, by hand.
    assert house.rows("SELECT count(*) FROM raw.lis_lab_result") == [(report.loaded,)]
    assert house.rows("SELECT count(*) FROM quarantine.rejected_record") == [(report.rejected,)]
    keys = Counter(house.rows("SELECT result_no, version_no FROM raw.lis_lab_result"))
    assert not keys or max(keys.values()) == 1, "one content for each key and version"
    refused = house.rows("SELECT count(*) FROM quality.delivery_ledger WHERE status = 'refused'")[0][0]
    if not refused:
        assert report.delivered >= sum(len(records) for records, _ in deliveries)
    before = house.rows("SELECT * FROM raw.lis_lab_result ORDER BY ALL")
    assert house.night(LAB).delivered == 0
    assert house.rows("SELECT * FROM raw.lis_lab_result ORDER BY ALL") == before
