"""Deliveries of files: what is read, what is refused, and that reading again changes nothing."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from tiny_hospital import csv_text, sound

LAB, RIS = "lis_lab_result", "ris_imaging_report"


def test_a_sound_record_is_loaded_with_its_lineage(hospital):
    hospital.deliver(LAB, sound(LAB))
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.rejected, report.duplicates) == (1, 1, 0, 0)
    assert hospital.rows(
        "SELECT version_no, reference_high, collected_at::VARCHAR, source_line, delivered_at::VARCHAR, is_deleted "
        "FROM raw.lis_lab_result"
    ) == [(1, 240.5, "2022-01-02 08:00:00", 2, "2022-01-03 15:00:00+00", False)]


def test_reading_a_delivery_again_changes_nothing(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    before = hospital.rows("FROM raw.lis_lab_result"), hospital.ledger()
    assert hospital.night(LAB).deliveries == 0
    assert (hospital.rows("FROM raw.lis_lab_result"), hospital.ledger()) == before


def test_a_touched_file_is_known_by_its_content(hospital):
    path = hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    path.touch()
    assert hospital.night(LAB).deliveries == 0


def test_a_known_name_with_other_content_is_a_further_delivery_and_noted(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2"))
    report = hospital.night(LAB)
    assert (report.loaded, report.duplicates) == (1, 1)
    assert "delivered before with other content" in report.problems[0]


def test_a_repeated_record_is_an_exact_duplicate(hospital):
    hospital.deliver(LAB, sound(LAB), sound(LAB))
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    report = hospital.night(LAB)
    assert (report.delivered, report.loaded, report.duplicates) == (3, 1, 2)


def test_every_version_of_a_record_is_kept(hospital):
    hospital.deliver(LAB, sound(LAB, version_no=2, value_text="260"))
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    hospital.night(LAB)
    assert hospital.rows("SELECT version_no FROM raw.lis_lab_result ORDER BY 1") == [(1,), (2,)]


def test_two_contents_of_one_version_in_one_delivery_are_both_rejected(hospital):
    hospital.deliver(LAB, sound(LAB), sound(LAB, value_text="999"))
    report = hospital.night(LAB)
    assert (report.loaded, report.rejected) == (0, 2)
    assert hospital.reasons() == [(None, "conflicting_duplicate")] * 2


def test_other_content_under_a_version_already_held_is_rejected(hospital):
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    hospital.deliver(LAB, sound(LAB, value_text="999"), day="2022-01-04")
    hospital.night(LAB)
    assert hospital.reasons() == [(None, "conflicting_version")]
    assert hospital.rows("SELECT value_text FROM raw.lis_lab_result") == [("250",)]


def test_one_big_load_ends_like_night_by_night(hospital, tmp_path_factory):
    from tiny_hospital import Hospital

    other = Hospital(tmp_path_factory.mktemp("other"))
    deliveries = [
        (sound(LAB), sound(LAB, result_no="R2")),
        (sound(LAB), sound(LAB, result_no="R2", value_text="conflict")),
        (sound(LAB, version_no=2, value_text="7"),),
    ]
    for day, records in enumerate(deliveries, start=3):
        hospital.deliver(LAB, *records, day=f"2022-01-0{day}")
        hospital.night(LAB)
        other.deliver(LAB, *records, day=f"2022-01-0{day}")
    other.night(LAB)
    everything = "SELECT * FROM raw.lis_lab_result ORDER BY ALL"
    assert hospital.rows(everything) == other.rows(everything)
    assert hospital.ledger() == other.ledger()
    other.con.close()


def test_missing_column_refuses_the_whole_delivery_and_names_it(hospital):
    hospital.deliver(LAB, sound(LAB), drop="unit_text")
    hospital.deliver(LAB, sound(LAB, result_no="R2"), day="2022-01-04")
    report = hospital.night(LAB)
    assert report.loaded == 1, "the next delivery of the same night is taken"
    assert hospital.ledger()[0] == ("refused", 0, 0, 0, 0)
    assert "2022-01-03/lab_result_20220103.csv: columns missing: unit_text; send" in report.problems[0]


def test_a_refused_delivery_is_tried_again_and_a_repaired_one_replaces_it(hospital):
    hospital.deliver(LAB, sound(LAB), drop="unit_text")
    hospital.night(LAB)
    assert hospital.night(LAB).problems, "it is still refused"
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    assert hospital.ledger() == [("loaded", 1, 1, 0, 0)]


def test_extra_columns_are_left_out_and_noted_without_their_names(hospital):
    names, line = csv_text(LAB, [sound(LAB)]).splitlines()
    hospital.deliver_text(LAB, f"{names},Doe John\n{line},x\n")
    assert hospital.night(LAB).loaded == 1
    assert "1 column that the contract does not know" in hospital.message()
    assert "Doe" not in hospital.message()


def test_columns_may_come_in_any_order(hospital):
    names, line = csv_text(LAB, [sound(LAB)]).splitlines()
    turned = [",".join(reversed(text.split(","))) for text in (names, line)]
    hospital.deliver_text(LAB, "\n".join(turned) + "\n")
    assert hospital.night(LAB).loaded == 1


def test_a_column_named_twice_refuses_the_delivery(hospital):
    names, line = csv_text(LAB, [sound(LAB)]).splitlines()
    hospital.deliver_text(LAB, f"{names},result_no\n{line},R9\n")
    hospital.night(LAB)
    assert "columns named twice in the header: result_no" in hospital.message()


def test_header_without_records_is_an_empty_delivery(hospital):
    hospital.deliver(LAB)
    hospital.night(LAB)
    assert hospital.ledger() == [("empty", 0, 0, 0, 0)]


def test_header_without_line_end_is_an_empty_delivery(hospital):
    hospital.deliver_text(LAB, csv_text(LAB, []).rstrip())
    hospital.night(LAB)
    assert hospital.ledger() == [("empty", 0, 0, 0, 0)]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_zero_bytes_are_refused(hospital, ending):
    hospital.deliver_text(LAB, b"", ending=ending)
    hospital.night(LAB)
    assert hospital.ledger() == [("refused", 0, 0, 0, 0)]
    assert "the file is empty" in hospital.message()


@pytest.mark.parametrize("ending", ["csv.gz", "parquet", "jsonl.gz"])
def test_an_unreadable_file_is_refused_and_the_night_goes_on(hospital, ending):
    path = hospital.deliver_text(LAB, b"", ending=ending)
    path.write_bytes(b"\x1f\x8b not what the name says")
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    report = hospital.night(LAB)
    assert report.loaded == 1
    assert "is not a readable" in report.problems[0]


def test_a_truncated_gzip_leaves_nothing_behind(hospital):
    records = [sound(LAB, result_no=f"R{i}", value_text=str(i * 7919)) for i in range(2000)]
    path = hospital.deliver(LAB, *records, ending="csv.gz")
    path.write_bytes(path.read_bytes()[:-300])
    assert hospital.night(LAB).loaded == 0
    assert hospital.ledger() == [("refused", 0, 0, 0, 0)]


def test_text_that_is_not_utf8_is_refused(hospital):
    text = csv_text(LAB, [sound(LAB, value_text="müde")])
    hospital.deliver_text(LAB, text.encode("latin-1"))
    hospital.night(LAB)
    assert "not UTF-8" in hospital.message()


def test_a_quotation_mark_never_closed_refuses_the_delivery(hospital):
    names, first, second = csv_text(LAB, [sound(LAB), sound(LAB, result_no="R2")]).splitlines()
    hospital.deliver_text(LAB, "\n".join([names, first.replace("250", '"250'), second]) + "\n")
    report = hospital.night(LAB)
    assert report.loaded == 0
    assert "quotation mark is never closed" in hospital.message()


def test_a_feed_that_never_came_has_an_entry_until_it_comes(hospital):
    report = hospital.night(LAB)
    assert hospital.ledger() == [("absent", 0, 0, 0, 0)]
    assert "lis/<YYYY-MM-DD>/lab_result_<YYYYMMDD>.csv" in report.problems[0]
    hospital.deliver(LAB, sound(LAB))
    hospital.night(LAB)
    assert hospital.ledger() == [("loaded", 1, 1, 0, 0)]


@pytest.mark.parametrize("name", [".lab_result_20220103.csv", "lab_result_20220103.csv.part"])
def test_a_file_still_being_written_is_not_there_yet(hospital, name):
    path = hospital.deliver(LAB, sound(LAB))
    path.rename(path.with_name(name))
    assert hospital.night(LAB).deliveries == 0


@pytest.mark.parametrize("table", [LAB, RIS])
def test_gzip_json_lines_and_parquet_load_what_csv_loads(hospital, tmp_path_factory, table):
    from tiny_hospital import Hospital

    key = {"lis_lab_result": "result_no", "ris_imaging_report": "report_no"}[table]
    records = [sound(table), sound(table, **{key: "X2"}), sound(table, **{key: "X3", "version_no": 2})]
    hospital.deliver(table, *records)
    hospital.night(table)
    content = f"SELECT * EXCLUDE (record_id, delivery_id, source_line) FROM raw.{table} ORDER BY ALL"
    expected = hospital.rows(content)
    assert len(expected) == 3
    for ending in ("csv.gz", "jsonl", "jsonl.gz", "parquet"):
        other = Hospital(tmp_path_factory.mktemp("other"))
        if ending == "parquet":
            other.deliver_parquet(table, *records)
        elif ending.startswith("jsonl"):
            other.deliver_text(table, "".join(json.dumps(r) + "\n" for r in records), ending=ending)
        else:
            other.deliver(table, *records, ending=ending)
        other.night(table)
        assert other.rows(content) == expected, ending
        other.con.close()


def test_a_parquet_row_is_named_by_its_number(hospital):
    hospital.deliver_parquet(LAB, sound(LAB), sound(LAB, result_no="R2", result_status="done"))
    hospital.night(LAB)
    assert hospital.rows("SELECT source_line, reason_code FROM quality.rejected_record") == [(2, "unknown_code")]


@pytest.mark.parametrize("is_checked", [True, False], ids=["with checksums", "without"])
def test_a_parquet_value_that_is_not_what_was_written_is_found_by_the_checksum_of_its_page(hospital, is_checked):
    record = sound(LAB, accession_no="A1000001")
    columns = {column.name: [str(record.get(column.name, ""))] for column in load_contracts()[LAB].columns}
    out = io.BytesIO()
    how = {"compression": "none", "use_dictionary": False, "write_statistics": False}  # the value stands there once
    pq.write_table(pa.table(columns), out, write_page_checksum=is_checked, **how)
    damaged = out.getvalue().replace(b"A1000001", b"A1000007")
    hospital.deliver_text(LAB, damaged, ending="parquet")
    hospital.night(LAB)
    assert hospital.ledger() == [("refused", 0, 0, 0, 0) if is_checked else ("loaded", 1, 1, 0, 0)]


def test_a_json_key_may_be_left_out_but_a_required_one_that_never_comes_is_a_missing_column(hospital):
    record = sound(RIS)
    del record["study_no"]
    hospital.deliver_json(RIS, record)
    hospital.night(RIS)
    assert "columns missing: study_no" in hospital.message()


def test_a_crash_in_the_middle_leaves_nothing_half_loaded(hospital, monkeypatch):
    from cartwright.warehouse.intake import feed_table as ingest

    hospital.deliver(LAB, sound(LAB), sound(LAB, result_no="R2", result_status="done"))

    def power_cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ingest, "_remember", power_cut)
    with pytest.raises(KeyboardInterrupt):
        hospital.night(LAB)
    for table in (
        "raw.lis_lab_result",
        "quality.delivery_ledger",
        "quality.rejected_record",
        "quarantine.rejected_record",
    ):
        assert hospital.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    monkeypatch.undo()
    assert hospital.night(LAB).loaded == 1


def test_records_that_vanish_between_staging_and_raw_stop_the_night(hospital, monkeypatch):
    from cartwright.warehouse.intake.desk import Intake, InvariantError

    hospital.deliver(LAB, sound(LAB))
    monkeypatch.setattr(Intake, "_insert_raw", lambda self: None)
    with pytest.raises(InvariantError, match="1 record delivered, but 0 loaded"):
        hospital.night(LAB)


def test_many_deliveries_are_taken_in_chunks_without_difference(hospital, monkeypatch):
    from cartwright.warehouse.intake import feed_table as ingest

    monkeypatch.setattr(ingest, "_CHUNK_BYTES", 1)
    for day in range(10, 20):
        hospital.deliver(LAB, sound(LAB), sound(LAB, result_no=f"R{day}"), day=f"2022-01-{day}")
    report = hospital.night(LAB)
    assert (report.deliveries, report.loaded, report.duplicates) == (10, 11, 9)
