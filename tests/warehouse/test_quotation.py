"""Quotation marks: multi-line free text loads, a mark that was not doubled swallows nothing in silence."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartwright.warehouse.intake.columns import Refusal
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.intake.quotation import Quotation
from tiny_hospital import Hospital

PATHOLOGY = "lis_pathology"
NAMES = [c.name for c in load_contracts()[PATHOLOGY].columns]


def record(number: int, text: str = "", **changes: object) -> dict[str, object]:
    sound = {"report_no": f"P{number}", "version_no": 1, "result_status": "final", "lis_patient_no": "LIS-000001"}
    sound |= {"histology_code": "dlbcl_nos", "collected_at": "2022-01-02 08:00", "report_text": text}
    return sound | changes


def escaped(records: list[dict[str, object]], names: list[str] = NAMES, quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=quoting)
    writer.writerows([names, *([r.get(name, "") for name in names] for r in records)])
    return out.getvalue()


def unescaped(records: list[dict[str, object]], names: list[str] = NAMES) -> str:
    """As a program writes that joins values with commas and knows nothing of quotation marks."""
    return "\n".join(",".join(str(r.get(name, "")) for name in names) for r in [{n: n for n in NAMES}, *records]) + "\n"


def taken(hospital: Hospital, text: str) -> tuple[str, int, int, int]:
    hospital.deliver_text(PATHOLOGY, text)
    hospital.night(PATHOLOGY)
    ((status, records, loaded, rejected, _),) = hospital.ledger()
    return status, records, loaded, rejected


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_multi_line_text_with_marks_and_commas_loads(hospital, quoting, line_end):
    text = 'He said "B cells",\n1, 2, 3, 4, 5, 6, 7, 8, 9, 10\n\n"quoted" at the start, and at the end "'
    written = escaped([record(1, text), record(2), record(3, '"')], quoting=quoting).replace("\n", line_end)
    assert taken(hospital, written) == ("loaded", 3, 3, 0)
    expected = text.replace("\n", line_end)
    assert hospital.rows("SELECT report_text FROM raw.lis_pathology WHERE report_no = 'P1'") == [(expected,)]


@pytest.mark.parametrize(
    "texts",
    [
        ('"opened at the start', "plain", 'closed at the end"'),
        ('"opened at the start', '"and again', "plain"),
        ('"opened', "plain", "plain", 'a screw of 5"'),
        ('"opened, with a comma', "plain", '"closed" in the middle', "plain"),
        ('"never closed', "plain"),
        ("plain", '"'),
        ('"', '"'),
        ('"""', "plain"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["text last", "text first"])
def test_a_mark_that_swallows_lines_refuses_the_delivery(hospital, texts, turned):
    names = NAMES[::-1] if turned else NAMES
    records = [record(number, text) for number, text in enumerate(texts, start=1)]
    lines = [",".join(str(r.get(name, "")) for name in names) for r in records]
    assert taken(hospital, "\n".join([",".join(names), *lines]) + "\n") == ("refused", 0, 0, 0)
    assert "swallows the lines below it, from line" in hospital.message()


def test_a_line_break_in_the_first_field_is_refused_with_what_to_do(hospital):
    """What follows it has as many fields as a record, and looks like one."""
    first = NAMES[0]
    lines = [",".join(str(record(number).get(name, "")) for name in NAMES) for number in (1, 2)]
    text = "\n".join([",".join(NAMES), lines[0].replace(str(record(1)[first]), '"A\n1"', 1), lines[1]]) + "\n"
    assert taken(hospital, text) == ("refused", 0, 0, 0)
    assert "take line breaks out of a field that stands first" in hospital.message()


@pytest.mark.parametrize("text", ['"quoted" word', '"one" "two"', '"" nothing', r'"a \"word\" in backslashes"'])
def test_a_stray_mark_within_a_line_rejects_its_record_only(hospital, text):
    records = [record(1), record(2, text), record(3)]
    assert taken(hospital, unescaped(records)) == ("loaded", 3, 2, 1)
    assert hospital.rows("SELECT source_line, column_name, reason_code FROM quality.rejected_record") == [
        (3, None, "stray_quotation_mark")
    ]


def test_a_mark_inside_plain_text_is_what_it_is(hospital):
    assert taken(hospital, unescaped([record(1, 'a screw of 5" and one of 6"'), record(2, 'mark"')])) == (
        "loaded",
        2,
        2,
        0,
    )
    assert hospital.rows("SELECT report_text FROM raw.lis_pathology ORDER BY 1")[0] == ('a screw of 5" and one of 6"',)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_blocks_of_any_size_are_followed_alike(size):
    text = escaped([record(1, 'a "b"\nc'), record(2), record(3, '"')]) + unescaped([record(4, '"x" y')]).split("\n")[1]
    body = text.split("\n", 1)[1].encode()
    quotation = Quotation(load_contracts()[PATHOLOGY], NAMES)
    for start in range(0, len(body), size):
        quotation.feed(body[start : start + size])
    quotation.feed(b"")
    assert quotation.stray == {6}


TEXTS = st.lists(st.text(st.sampled_from('ab",\n1'), max_size=12), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.integers(1, 40))
def test_what_is_written_by_the_standard_is_never_suspected(texts, quoting, size):
    body = escaped([record(n, text) for n, text in enumerate(texts)], quoting=quoting).split("\n", 1)[1].encode()
    quotation = Quotation(load_contracts()[PATHOLOGY], NAMES)
    for start in range(0, len(body), size):
        quotation.feed(body[start : start + size])
    quotation.feed(b"")
    assert not quotation.stray


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = Hospital(tmp_path_factory.mktemp("marks"))
    yield made
    made.con.close()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.text(st.sampled_from('ab", '), max_size=6), min_size=1, max_size=5), st.booleans())
def test_no_record_vanishes_whatever_marks_a_text_holds(house, texts, is_first):
    """Written without any care: either the delivery is refused, or every record is loaded as it was or rejected."""
    for table in ("raw.lis_pathology", "quality.delivery_ledger", "quality.rejected_record", "ingest.delivery_file"):
        house.con.execute(f"DELETE FROM {table}")
    house.con.execute("DELETE FROM quarantine.rejected_record")
    names = ["report_text", *NAMES[:-1]] if is_first else NAMES
    records = [record(number, text) for number, text in enumerate(texts)]
    lines = [",".join(names), *(",".join(str(r.get(name, "")) for name in names) for r in records)]
    house.deliver_text(PATHOLOGY, "\n".join(lines) + "\n")
    house.night(PATHOLOGY)
    ((status, delivered, loaded, rejected, _),) = house.ledger()
    if status != "refused":
        assert delivered == loaded + rejected == len(texts)
        for no, text in house.rows("SELECT report_no, coalesce(report_text, '') FROM raw.lis_pathology"):
            assert text in (texts[int(no[1:])].strip(), unquoted(texts[int(no[1:])]))


def unquoted(text: str) -> str:
    """What a field that is quoted by chance says."""
    return next(csv.reader([text]))[0].strip() if text.startswith('"') else text


def test_a_field_of_many_megabytes_is_not_waited_for():
    quotation = Quotation(load_contracts()[PATHOLOGY], NAMES)
    quotation.feed(b'"')
    quotation.feed(b"x" * (15 << 20))
    with pytest.raises(Refusal, match="never closed"):
        quotation.feed(b"x" * (2 << 20))
