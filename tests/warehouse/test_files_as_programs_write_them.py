"""Laboratory files as programs write them: each is loaded, rejected or refused as due; nothing is lost or changed."""

from __future__ import annotations

import codecs
import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from tiny_hospital import csv_text, sound

LAB, RIS = "lis_lab_result", "ris_imaging_report"
NAMES = [c.name for c in load_contracts()[LAB].columns]


def line(**changes: object) -> str:
    return csv_text(LAB, [sound(LAB, **changes)]).splitlines()[1]


def lines(*found: str, header: str = ",".join(NAMES), end: str = "\n") -> str:
    return end.join([header, *found]) + end


def taken(hospital, text: str | bytes, ending: str = "csv") -> tuple[str, int, int]:
    """(status, loaded, rejected) of a delivery that holds this; records = loaded + rejected + duplicates."""
    hospital.deliver_text(LAB, text, ending=ending)
    hospital.night(LAB)
    ((status, records, loaded, rejected, duplicates),) = hospital.ledger()
    assert records == loaded + rejected + duplicates
    return status, loaded, rejected


def value(hospital, column: str) -> object:
    ((found,),) = hospital.rows(f"SELECT {column} FROM raw.lis_lab_result")
    return found


# CSV


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_at_the_end(hospital):
    text = "\ufeff" + lines(line(), line(result_no="R2"), "", "", end="\r\n")
    assert taken(hospital, text) == ("loaded", 2, 0)


@pytest.mark.parametrize(
    ("turn", "message"),
    [
        (lambda text: text.replace(",", "\t"), "separated by tabs"),
        (lambda text: text.replace(",", ";"), "separated by semicolons"),
        (lambda text: text.replace(",", "|"), "separated by bars"),
        (lambda text: text.splitlines()[0].upper() + "\n" + text.split("\n", 1)[1], "lower case"),
        (lambda text: text.splitlines()[0].replace(",", ", ") + "\n" + text.split("\n", 1)[1], "columns missing"),
        (lambda text: text.split("\n", 1)[1], "names no column of the contract"),
        (lambda text: "sep=,\n" + text, "names no column of the contract"),
        (lambda text: text.replace("\n", "\r"), "carriage returns only"),
        (lambda text: text.replace("250", "溶血").encode("gbk"), "not UTF-8"),
        (lambda text: text.encode("utf-16"), "not UTF-8"),
        (lambda text: text.encode("utf-16-le"), "not UTF-8"),
        (lambda text: text.replace("250", "µ").encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_told_apart_is_refused_with_the_reason(hospital, turn, message):
    assert taken(hospital, turn(lines(line(), line(result_no="R2")))) == ("refused", 0, 0)
    assert message in hospital.message()
    assert "LIS-000001" not in hospital.message()


def test_a_missing_header_does_not_quote_its_first_record(hospital):
    """The values of the first line were taken for names of columns, and those that occur twice were named."""
    patient = line(lis_patient_no="Doe Jane", accession_no="Doe Jane", value_text="Doe Jane")
    assert taken(hospital, patient + "\n" + line(result_no="R2") + "\n") == ("refused", 0, 0)
    assert "Doe" not in hospital.message()


def test_trailing_columns_without_a_name_are_left_out_and_noted(hospital):
    assert taken(hospital, lines(line() + ",,,", header=",".join(NAMES) + ",,,")) == ("loaded", 1, 0)
    assert "3 columns that the contract does not know" in hospital.message()


def test_trailing_commas_that_the_header_does_not_have_are_rejected(hospital):
    assert taken(hospital, lines(line() + ",,,", line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [(None, "malformed_line")]


@pytest.mark.parametrize("column", ["value_text", "lis_patient_no", "result_no"])
@pytest.mark.parametrize("sign", ["\0", "\x07", "\x7f", "\x9b", "\ufffd"])
def test_what_is_no_sign_is_rejected(hospital, column, sign):
    assert taken(hospital, lines(line(**{column: f"5{sign}6"}), line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [(column, "unreadable_character")]


@pytest.mark.parametrize("column", ["result_no", "lis_patient_no", "accession_no"])
@pytest.mark.parametrize("number", ["1.23E+05", "1.23e+20", "1E+05", "1.2345678901234568E22"])
def test_a_number_in_scientific_notation_is_no_longer_the_number(hospital, column, number):
    assert taken(hospital, lines(line(**{column: number}), line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [(column, "mangled_number")]


def test_two_numbers_that_became_one_are_both_rejected(hospital):
    two = lines(line(result_no="1.23E+05"), line(result_no="1.23E+05", value_text="7"))
    assert taken(hospital, two) == ("loaded", 0, 2)


@pytest.mark.parametrize("number", ["12E3", "1E5", "007", "00001.50", "A-1.0", "1.23E+05x", "123456789012345678901"])
def test_what_only_resembles_a_mangled_number_is_kept_sign_for_sign(hospital, number):
    assert taken(hospital, lines(line(result_no=number))) == ("loaded", 1, 0) or number == "00001.50"
    assert value(hospital, "result_no") == number


@pytest.mark.parametrize(
    "number", ["LIS\u00a01", "ＬＩＳ１", "LIS\u200b1", "L\u0406S1", "LIS\u20111", "LIS\u0661", "LIS\t1"]
)
def test_a_number_with_signs_that_look_like_others_is_rejected(hospital, number):
    assert taken(hospital, lines(line(lis_patient_no=number), line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [("lis_patient_no", "lookalike_character")]


@pytest.mark.parametrize("number", ["住院123", "ÄB-1", "№".replace("№", "Nr") + " 5", "АБ1", "a b"])
def test_a_number_in_letters_of_its_own_script_is_sound(hospital, number):
    assert taken(hospital, lines(line(lis_patient_no=number))) == ("loaded", 1, 0)
    assert value(hospital, "lis_patient_no") == number


@pytest.mark.parametrize("blank", [" ", "  ", "\t", "\u00a0", "\u3000"])
def test_blanks_around_a_value_do_not_count(hospital, blank):
    padded = ",".join(f"{blank}{part}{blank}" for part in line().split(","))
    assert taken(hospital, lines(padded, line())) == ("loaded", 1, 0)
    assert value(hospital, "[result_no, local_code, accession_no]") == ["R1", "LDH", None]


@pytest.mark.parametrize("word", ["NULL", "null", "(null)", "\\N", "N/A", "#N/A", " NULL "])
@pytest.mark.parametrize("column", ["unit_text", "reference_high", "value_text", "resulted_at", "specimen_code"])
def test_a_word_for_nothing_is_a_missing_value(hospital, word, column):
    assert taken(hospital, lines(line(**{column: word}))) == ("loaded", 1, 0)
    assert value(hospital, column) is None


def test_sodium_is_not_taken_for_a_missing_value(hospital):
    assert taken(hospital, lines(line(local_code="NA"))) == ("loaded", 1, 0)
    assert value(hospital, "local_code") == "NA"


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("collected_at", "44000", "wrong_type"),
        ("collected_at", "44000.5", "wrong_type"),
        ("collected_at", "2022-01-02 24:01", "impossible_date"),
        ("collected_at", "2022-01-02 8:00", "wrong_type"),
        ("collected_at", "2022-01-02", "wrong_type"),
        ("collected_at", "00:00", "wrong_type"),
        ("resulted_at", "0000-00-00 00:00:00", "impossible_date"),
        ("resulted_at", "1/2/2022 0:00", "wrong_type"),
        ("reference_high", "1e400", "out_of_range"),
        ("reference_high", "-1e400", "out_of_range"),
        ("reference_high", "1e-400", "out_of_range"),
        ("reference_high", "1e99999", "out_of_range"),
        ("reference_high", "9" * 400, "out_of_range"),
        ("reference_high", "0." + "0" * 400 + "1", "out_of_range"),
        ("reference_high", "inf", "wrong_type"),
        ("reference_high", "Infinity", "wrong_type"),
        ("reference_high", "NaN", "wrong_type"),
        ("version_no", "12345678901234567890", "out_of_range"),
        ("version_no", "1e0", "wrong_type"),
    ],
)
def test_dates_and_numbers_that_are_none_are_rejected(hospital, column, text, reason):
    assert taken(hospital, lines(line(**{column: text}), line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [(column, reason)]


@pytest.mark.parametrize("text", ["0", "0.0", "0e5", "-0", "1e-300", "1.7e308", "+5", "5."])
def test_numbers_at_the_edge_are_sound(hospital, text):
    assert taken(hospital, lines(line(reference_high=text))) == ("loaded", 1, 0)
    assert value(hospital, "reference_high") == float(text)


def test_the_header_of_a_second_file_is_rejected_and_its_records_load(hospital):
    assert taken(hospital, lines(line()) + lines(line(result_no="R2"))) == ("loaded", 2, 1)
    assert hospital.rows("SELECT source_line, reason_code FROM quality.rejected_record") == [(3, "repeated_header")]


def test_two_files_joined_without_a_line_end_lose_no_more_than_the_torn_line(hospital):
    assert taken(hospital, lines(line()).rstrip() + lines(line(result_no="R2"))) == ("loaded", 1, 1)
    assert hospital.reasons() == [(None, "malformed_line")]


def test_a_second_header_in_another_order_refuses_the_delivery(hospital):
    turned = ",".join(NAMES[::-1])
    second = ",".join(reversed(line(result_no="R2").split(",")))
    assert taken(hospital, lines(line()) + lines(second, header=turned)) == ("refused", 0, 0)
    assert "on line 3" in hospital.message()


# Compressed


def test_several_gzip_members_are_one_file(hospital):
    data = gzip.compress(lines(line()).encode()) + gzip.compress((line(result_no="R2") + "\n").encode())
    hospital.deliver_text(LAB, b"", ending="csv.gz").write_bytes(data)
    assert hospital.night(LAB).loaded == 2


@pytest.mark.parametrize("ending", ["csv.gz", "jsonl.gz"])
@pytest.mark.parametrize("header", [b"x", ",".join(NAMES).encode() + b"\n"])
def test_a_gzip_that_unpacks_to_far_more_than_its_size_is_refused(hospital, monkeypatch, ending, header):
    monkeypatch.setattr("cartwright.warehouse.intake.lines._UNPACKED_BYTES", 1 << 20)
    hospital.deliver_text(LAB, b"", ending=ending).write_bytes(gzip.compress(header + b"x" * (64 << 20)))
    hospital.deliver(LAB, sound(LAB), day="2022-01-04")
    assert hospital.night(LAB).loaded == 1, "the night goes on"
    assert hospital.ledger()[0] == ("refused", 0, 0, 0, 0)


def test_a_parquet_file_that_claims_far_more_than_its_size_is_refused(hospital, monkeypatch):
    monkeypatch.setattr("cartwright.warehouse.intake.read_parquet._MOST_ROWS", 1000)
    rows = pa.table({name: pa.array([sound(LAB).get(name)] * 300_000).cast(pa.string()) for name in NAMES})
    pq.write_table(rows, hospital.deliver_text(LAB, b"", ending="parquet"))
    hospital.night(LAB)
    assert hospital.ledger() == [("refused", 0, 0, 0, 0)]
    assert "more than its size can carry" in hospital.message()


# JSON Lines


def test_json_with_a_byte_order_mark_loads(hospital):
    assert taken(hospital, codecs.BOM_UTF8 + json.dumps(sound(LAB)).encode(), "jsonl") == ("loaded", 1, 0)


@pytest.mark.parametrize("more", ['"value_text":"500"', '"lis_patient_no":"LIS-2"', '"value\\u005ftext":"500"'])
def test_a_key_twice_in_an_object_is_rejected(hospital, more):
    text = json.dumps(sound(LAB))[:-1] + f",{more}}}\n" + json.dumps(sound(LAB, result_no="R2"))
    assert taken(hospital, text, "jsonl") == ("loaded", 1, 1)
    assert hospital.reasons() == [(None, "key_twice")]


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_key_twice_in_a_lesion_is_rejected(hospital, ending):
    lesion = '{"lesion_code":"T1","site_code":"lung","lesion_kind":"nodal","ldi_mm":5,"ldi_mm":50}'
    if ending == "csv":
        text = csv_text(RIS, [sound(RIS, target_lesions="LESIONS")]).replace(
            "LESIONS", '"[' + lesion.replace('"', '""') + ']"'
        )
    else:
        text = json.dumps(sound(RIS, target_lesions="LESIONS")).replace('"LESIONS"', f"[{lesion}]")
    hospital.deliver_text(RIS, text, ending=ending)
    assert hospital.night(RIS).rejected == 1
    assert hospital.reasons() == [("target_lesions", "key_twice")]


def test_numbers_beyond_64_bits_are_kept_digit_for_digit(hospital):
    text = json.dumps(sound(LAB, lis_patient_no=123456789012345678901))
    assert taken(hospital, text, "jsonl") == ("loaded", 1, 0)
    assert value(hospital, "lis_patient_no") == "123456789012345678901"


@pytest.mark.parametrize("number", ["1e400", "1e-400", "NaN", "Infinity"])
def test_json_numbers_that_are_none_are_rejected(hospital, number):
    text = json.dumps(sound(LAB, reference_high="X")).replace('"X"', number)
    hospital.deliver_text(LAB, text, ending="jsonl")
    report = hospital.night(LAB)
    assert (report.loaded, report.rejected) == (0, 1)


@pytest.mark.parametrize("number", ["1.23e5", "100001.0", "123456789012345678901.0"])
def test_a_floating_point_number_that_names_a_record_is_rejected(hospital, number):
    text = json.dumps(sound(LAB, result_no="X")).replace('"X"', number)
    assert taken(hospital, text, "jsonl") == ("loaded", 0, 1)
    assert hospital.reasons() == [("result_no", "mangled_number")]


@pytest.mark.parametrize(
    "text", [json.dumps([sound(LAB), sound(LAB, result_no="R2")]), json.dumps("text"), "5", "null"]
)
def test_json_that_is_no_object_is_rejected(hospital, text):
    assert taken(hospital, text, "jsonl") == ("loaded", 0, 1)
    assert hospital.reasons() == [(None, "malformed_json")]


def test_a_deeply_nested_value_stops_nothing(hospital):
    deep = json.dumps(sound(LAB))[:-1] + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}\n"
    hospital.deliver_text(LAB, deep + json.dumps(sound(LAB, result_no="R2")), ending="jsonl")
    assert hospital.night(LAB).loaded >= 1


def test_numbers_and_booleans_where_text_is_due_load(hospital):
    text = '{"result_no":123,"version_no":"1","result_status":"final","lis_patient_no":7,"local_code":"CRP",'
    text += '"value_text":5.10,"collected_at":"2020-08-05 08:00","unknown":{"a":[true]}}'
    assert taken(hospital, text, "jsonl") == ("loaded", 1, 0)
    assert value(hospital, "[result_no, lis_patient_no, value_text]") == ["123", "7", "5.1"]
    assert "1 column that the contract does not know" in hospital.message()


@pytest.mark.parametrize("lesions", ["[{", "{}", "[1]", '["x"]', "x", "[null]", '[{"ldi_mm": 1}]'])
def test_a_list_that_cannot_be_read_is_rejected(hospital, lesions):
    hospital.deliver(RIS, sound(RIS, target_lesions=lesions), sound(RIS, report_no="I2"))
    report = hospital.night(RIS)
    assert (report.loaded, report.rejected) == (1, 1)


# Parquet


def parquet(hospital, how: dict | None = None, **columns: pa.Array) -> tuple[str, int, int]:
    """One sound record with some columns in other types, written with the options `how`."""
    record = {name: pa.array([None if (v := sound(LAB).get(name)) is None else str(v)], pa.string()) for name in NAMES}
    path = hospital.deliver_text(LAB, b"", ending="parquet")
    pq.write_table(pa.table(record | columns), path, **(how or {}))
    hospital.night(LAB)
    ((status, _, loaded, rejected, _),) = hospital.ledger()
    return status, loaded, rejected


AT = datetime(2020, 8, 5, 8)
INT96 = {"use_deprecated_int96_timestamps": True}
SPARK = {"use_deprecated_int96_timestamps": True, "store_schema": False}


@pytest.mark.parametrize(
    ("array", "how"),
    [
        (pa.array([AT.replace(tzinfo=UTC) - timedelta(hours=8)], pa.timestamp("us", "UTC")), {}),
        (pa.array([AT.replace(tzinfo=UTC) - timedelta(hours=8)], pa.timestamp("ns", "Asia/Shanghai")), {}),
        (pa.array([AT.replace(tzinfo=UTC) - timedelta(hours=8)], pa.timestamp("ms", "UTC")), {"store_schema": False}),
        (pa.array([AT.replace(tzinfo=UTC) - timedelta(hours=8)], pa.timestamp("us", "America/Lima")), INT96),
        (pa.array([AT], pa.timestamp("us")), INT96),
        (pa.array([AT], pa.timestamp("ns")), {}),
        (pa.array([AT], pa.timestamp("s")), {"version": "1.0"}),
        (pa.array([AT]).cast(pa.timestamp("ms")), {"store_schema": False}),
        (pa.array(["2020-08-05 08:00"]).dictionary_encode(), {}),
        (pa.array([b"2020-08-05T08:00:00"]), {}),
        (pa.array(["2020-08-05 08:00"], pa.large_string()), {}),
    ],
)
def test_a_moment_arrives_at_the_hour_of_the_hospital(hospital, array, how):
    assert parquet(hospital, how, collected_at=array) == ("loaded", 1, 0)
    assert value(hospital, "collected_at") == AT


def test_an_int96_of_spark_is_a_moment(hospital):
    moment = pa.array([AT - timedelta(hours=8)], pa.timestamp("us"))
    record = {name: pa.array([sound(LAB).get(name)]) for name in NAMES} | {"collected_at": moment}
    table = pa.table(record)
    with pq.ParquetWriter(hospital.deliver_text(LAB, b"", ending="parquet"), table.schema, **SPARK) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"org.apache.spark.version": "3.5.0"})
    hospital.night(LAB)
    assert value(hospital, "collected_at") == AT


def test_a_duration_is_no_number_of_microseconds(hospital):
    assert parquet(hospital, {}, value_text=pa.array([timedelta(days=3)])) == ("refused", 0, 0)
    assert "column value_text holds durations" in hospital.message()


def test_an_int96_of_which_nobody_knows_what_it_is_refuses_the_delivery(hospital):
    assert parquet(hospital, SPARK, collected_at=pa.array([AT], pa.timestamp("us"))) == ("refused", 0, 0)
    assert "column collected_at is an INT96" in hospital.message()


def test_an_int96_beyond_the_nanoseconds_is_no_other_moment(hospital):
    far = pa.array([datetime(2999, 1, 1)], pa.timestamp("us"))
    assert parquet(hospital, INT96, collected_at=far) == ("loaded", 0, 1)
    assert hospital.reasons() == [("collected_at", "impossible_date")]


@pytest.mark.parametrize(
    ("column", "array", "due"),
    [
        ("value_text", pa.array([Decimal("12.50")], pa.decimal128(10, 2)), "12.50"),
        ("value_text", pa.array([b"12"]), "12"),
        ("value_text", pa.array([b"12"], pa.binary(2)), "12"),
        ("value_text", pa.array(["müde".encode()]), "müde"),
        ("value_text", pa.array([0.1], pa.float32()), "0.1"),
        ("value_text", pa.array([True]), "true"),
        ("lis_patient_no", pa.array([100001.0]), "100001"),
        ("lis_patient_no", pa.array([100001.0], pa.float32()), "100001"),
        ("lis_patient_no", pa.array([2**63 - 1]), "9223372036854775807"),
        ("lis_patient_no", pa.array([Decimal(10**20 + 1)], pa.decimal128(30, 0)), "100000000000000000001"),
        ("reference_high", pa.array([Decimal("10.00")], pa.decimal128(10, 2)), 10.0),
        ("reference_high", pa.array(["10.5"]), 10.5),
        ("version_no", pa.array([3.0]), 3),
    ],
)
def test_other_types_say_the_same(hospital, column, array, due):
    assert parquet(hospital, **{column: array}) == ("loaded", 1, 0)
    assert value(hospital, column) == due


@pytest.mark.parametrize(
    ("column", "array", "reason"),
    [
        ("lis_patient_no", pa.array([1.2345678901234568e20]), "mangled_number"),
        ("lis_patient_no", pa.array([9007199254740993.0]), "mangled_number"),
        ("lis_patient_no", pa.array([16777217.0], pa.float32()), "mangled_number"),  # became 16777216
        ("lis_patient_no", pa.array([4097.0]).cast(pa.float16()), "mangled_number"),
        ("lis_patient_no", pa.array([100001.5]), None),
        ("reference_high", pa.array([float("inf")]), "wrong_type"),
        ("reference_high", pa.array([float("nan")]), "wrong_type"),
        ("version_no", pa.array([1.5]), "wrong_type"),
        ("collected_at", pa.array([AT.date()]), "wrong_type"),
    ],
)
def test_types_that_lost_something_are_rejected(hospital, column, array, reason):
    found = parquet(hospital, **{column: array})
    assert found == (("loaded", 0, 1) if reason else ("loaded", 1, 0))
    assert hospital.reasons() == ([(column, reason)] if reason else [])


def test_bytes_that_are_no_text_refuse_the_delivery(hospital):
    assert parquet(hospital, value_text=pa.array([b"\xff\xfe"])) == ("refused", 0, 0)
    assert "column value_text holds bytes that are not UTF-8" in hospital.message()
