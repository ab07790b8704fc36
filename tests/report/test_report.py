"""The whole plan on invented data: every output appears, nothing identifies a patient, poor data never crash it."""

import re
import xml.etree.ElementTree as ET

import pytest

from cartwright.analysis.figures import draw
from cartwright.analysis.plan.run import compute
from cartwright.analysis.report.page import render
from invented_study import example_datasets

KEY = ["analysis_id", "group_level", "comparator", "variable", "variable_level", "statistic", "method"]


@pytest.fixture(scope="module")
def figures(results, plan):
    return draw(results, plan["outputs"])


@pytest.fixture(scope="module")
def page(results, plan, figures):
    context = {"title": "Example", "is_simulated": True, "simulation": {"Seed": 7}, "provenance": {"Release": "r-1"}}
    return render(results, plan["outputs"], context, figures).decode()


def test_every_statistic_has_one_row(results):
    assert not results["ard"].duplicated(KEY).any()


def test_every_row_names_its_method_or_says_why_there_is_no_number(results):
    ard = results["ard"]
    assert (ard["method"].notna() | ard["flag"].notna()).all()
    assert _without_number(ard)["flag"].notna().all()


def _without_number(ard):
    """Rows that should hold a number and do not; rows of words hold none."""
    return ard[ard["value"].isna() & ard["value_txt"].isin([None, "NE"])]


def test_every_output_is_on_the_page(page, plan):
    for output in plan["outputs"]:
        assert f'id="{output["output_id"].replace(".", "-")}"' in page
    assert page.count("<svg ") == sum(output["kind"] == "figure" for output in plan["outputs"])


def test_simulated_data_are_called_so_and_real_data_are_not(page, results, plan, figures):
    assert "Simulated data." in page
    assert "simulated" not in render(results, plan["outputs"], {}, figures).decode().lower()


def test_what_an_output_means_stands_below_its_title(results, plan, figures):
    outputs = [{**output, "meaning": "Who did better? Left of 1 favours CAR-T."} for output in plan["outputs"][:1]]
    page = render(results, outputs, {}, figures).decode()
    assert '</h3>\n<p class="meaning">Who did better? Left of 1 favours CAR-T.</p>' in page


def test_page_needs_no_internet_and_names_no_patient(page):
    fetched = re.findall(r'(?:src|href)="(?!#|data:)([^"]+)"', page)
    assert fetched == []
    assert "CW-" not in page


def test_figures_are_the_same_for_the_same_results(results, plan, figures):
    assert draw(results, plan["outputs"]) == figures


def test_results_that_went_through_a_database_give_the_same_page(results, plan, figures, page):
    import duckdb

    con = duckdb.connect()
    stored = {}
    for name, frame in results.items():
        con.register("frame", frame)
        stored[name] = con.execute("SELECT * FROM frame").df()
    context = {"title": "Example", "is_simulated": True, "simulation": {"Seed": 7}, "provenance": {"Release": "r-1"}}
    again = render(stored, plan["outputs"], context, figures).decode()
    assert again.replace(_csv(again), "") == page.replace(_csv(page), "")


def _csv(page):
    """The download of all results, whose text may write whole numbers differently."""
    return re.search(r'href="(data:[^"]+)" download="analysis_results.csv.gz"', page)[1]


def test_ids_on_the_page_are_unique(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_figures_are_svg_with_title_and_description(figures, plan):
    assert set(figures) == {output["output_id"] for output in plan["outputs"] if output["kind"] == "figure"}
    for svg in figures.values():
        root = ET.fromstring(svg)
        parts = {child.tag.split("}")[1]: child.text for child in root[:2]}
        assert parts["title"]
        assert parts["desc"]


def test_checks_and_deliveries_are_shown_when_handed_over(results, plan, figures):
    context = {
        "checks": [
            {"check_id": "adam.adsl.unique", "severity": "fatal", "outcome": "passed"},
            {
                "check_id": "raw.lab.range",
                "severity": "convention",
                "outcome": "failed",
                "failing_count": 3,
                "message": "3 values out of range",
                "remedy": "Ask the laboratory",
            },
        ],
        "deliveries": [
            {
                "table_name": "lis_lab_result",
                "records_count": 10,
                "loaded_count": 8,
                "rejected_count": 2,
                "duplicate_count": 0,
            }
        ],
        "problems": ["Feed ris is absent."],
    }
    page = render(results, plan["outputs"], context, figures).decode()
    for words in ("raw.lab.range", "Ask the laboratory", "lis_lab_result", "Feed ris is absent."):
        assert words in page
    assert "adam.adsl.unique" not in page  # what passed is counted, not listed


def test_what_was_not_understood_comes_first_and_says_how_much_more_there_is(results, plan, figures):
    finding = {
        "finding_code": "unknown_unit",
        "table_name": "lis_lab_result",
        "column_name": "unit_text",
        "value_code": "LDH",
        "unit_text": "nkat/L",
        "record_count": 1200,
        "subject_count": 41,
        "touches": "OS+baseline ldh",
        "remedy": "Map it.",
    }
    others = [{**finding, "unit_text": f"unit{number}"} for number in range(30)]
    checks = [{"check_id": "raw.lab.range", "severity": "convention", "outcome": "failed"}]
    page = render(results, plan["outputs"], {"findings": [finding, *others], "checks": checks}, figures).decode()
    for words in ("nkat/L", "1,200", "OS, baseline ldh", "Map it.", "25 of 31", "unit23"):
        assert words in page
    assert "unit24" not in page
    assert page.index("nkat/L") < page.index("raw.lab.range")


def _nobody(data):
    return {name: table.iloc[0:0] for name, table in data.items()}


def _one_group(data):
    adsl = data["adsl"]
    return {**data, "adsl": adsl[adsl["group_code"] != "noncart"]}


def _no_events(data):
    return {**data, "adtte": data["adtte"].assign(cnsr=1)}


def _all_unknown(data):
    keep = ["usubjid", "inclfl", "rspevlfl", "group_code", "stratum_code", "noncart_class_code"]
    adsl = data["adsl"].copy()
    for column in adsl.columns.difference(keep):
        adsl[column] = None
    return {**data, "adsl": adsl}


def _handful(_data):
    return example_datasets(seed=3, screened=9, cd20=3, noncart=2)


@pytest.mark.parametrize("spoil", [_nobody, _one_group, _no_events, _all_unknown, _handful])
def test_poor_data_give_flagged_rows_and_a_page(spoil, plan):
    results = compute(spoil(example_datasets()), plan["populations"], plan["analyses"])
    ard = results["ard"]
    assert not ard.duplicated(KEY).any()
    assert _without_number(ard)["flag"].notna().all()
    assert b"</html>" in render(results, plan["outputs"], {})


def test_the_question_heads_the_page_and_the_caveat_stands_below_its_answer(results, plan, figures):
    context = {"title": "Example", "question": "Do they live longer?", "caveat": "Not randomised."}
    page = render(results, plan["outputs"], context, figures).decode()
    order = [page.index(words) for words in ("Do they live longer?", "Overall survival was", "Not randomised.")]
    assert order == sorted(order)
    assert "The answer</h2>" in render(results, plan["outputs"], {}, figures).decode()


def test_data_too_large_for_the_page_stay_in_the_release(results, plan, figures, monkeypatch):
    from cartwright.analysis.report import page as module

    whole = render(results, plan["outputs"], {}, figures).decode()
    assert "too large for this page" not in whole
    monkeypatch.setattr(module, "LARGEST_CSV", 100)
    small = render(results, plan["outputs"], {}, figures).decode()
    assert small.count("Data (CSV): in the release, too large for this page") == len(plan["outputs"])
    assert len(small) < len(whole)
