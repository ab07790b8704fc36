"""The Word document: real tables with three lines, the cells of the report, the same bytes for the same results."""

import io

import pytest

from cartwright.analysis.report.journal import SIMULATED, document
from tiny import groups, patients, run

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TITLE = {"title": "Table 1. Sex & age", "footnote": "Known values."}
OUTPUT = {"output_id": "baseline.one", "seq": 1, "kind": "table", **TITLE}


@pytest.fixture(scope="module")
def results():
    variables = [
        {"column": "sex_code", "label": "Sex", "type": "categorical", "levels": groups("F", "M")},
        {"column": "is_old", "label": "Age < 60 & more"},
    ]
    adsl = patients(group_code=["a", "a", "b"], sex_code=["M", "F", "M"], is_old=[True, None, False])
    return run(
        "describe",
        adsl,
        variables=variables,
        group_by="group_code",
        group_levels=groups("a", "b"),
        output_id="baseline.one",
    ).results


@pytest.fixture(scope="module")
def word(results):
    from docx import Document

    return Document(io.BytesIO(document(results, [OUTPUT], is_simulated=True)))


def test_cells_are_those_of_the_report(word):
    rows = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert rows[0] == ["Characteristic", "A\nn = 2", "B\nn = 1", "Unknown\nby group"]
    assert rows[2] == ["F", "1 (50.0)", "0 (0.0)", ""]
    assert rows[4] == ["Age < 60 & more", "1/1 (100.0)", "0 (0.0)", "1 / 0"]


def test_a_table_has_three_lines_and_a_head_that_repeats(word):
    table = word.tables[0]._element
    assert [line.tag for line in table.find(f"{W}tblPr/{W}tblBorders")] == [f"{W}top", f"{W}bottom"]
    head, *body = table.findall(f"{W}tr")
    assert head.find(f"{W}trPr/{W}tblHeader") is not None
    assert all(cell.find(f"{W}tcPr/{W}tcBorders/{W}bottom") is not None for cell in head.findall(f"{W}tc"))
    assert not [line for row in body for line in row.iter(f"{W}tcBorders")]


def test_title_above_footnote_below_and_simulated_data_called_so(word, results):
    from docx import Document

    words = [paragraph.text for paragraph in word.paragraphs if paragraph.text]
    assert words[:2] == ["Baseline", "Table 1. Sex & age"]
    assert words[-1] == "Known values."
    assert word.sections[0].header.paragraphs[0].text == SIMULATED
    real = Document(io.BytesIO(document(results, [OUTPUT], is_simulated=False)))
    assert real.sections[0].header.paragraphs[0].text == ""


def test_the_same_results_give_the_same_bytes(results):
    assert document(results, [OUTPUT], is_simulated=True) == document(results, [OUTPUT], is_simulated=True)
