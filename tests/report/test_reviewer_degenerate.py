"""The reviewer's rows of the plan on data that cannot answer them: NE with a reason, never a crash or a bare number."""

import pandas as pd
import pytest

from cartwright.analysis.figures import draw
from cartwright.analysis.plan.run import compute
from cartwright.analysis.report.page import render
from invented_study import example_datasets

pytestmark = pytest.mark.slow  # half the plan, four times
RATIOS = ("hr", "hr_firth", "shr", "rmst_difference", "c_apparent", "gray_p", "interaction_p", "tipping_point")


def without_a_group(data):
    gone = data["adsl"].loc[data["adsl"]["group_code"] == "noncart", "usubjid"]
    return {name: table[~table["usubjid"].isin(gone)] if "usubjid" in table else table for name, table in data.items()}


def without_events(data):
    adtte = data["adtte"].assign(cnsr=1, evntcd=None)
    return {**data, "adtte": adtte, "adic": data["adic"].assign(right_days=float("nan"))}


def with_an_unknown_covariate(data):
    return {**data, "adsl": data["adsl"].assign(is_ipi_ge3=None)}


def without_patients(data):
    return {**data, "adsl": data["adsl"].assign(inclfl="N")}


@pytest.fixture(scope="module")
def rows(plan):
    """This half of the plan: what is about time, missing values and models, but not what adjusts other halves' p."""
    analyses = [
        row for row in plan["analyses"] if row["analysis_id"].startswith("reviewer_") and row["kind"] != "multiplicity"
    ]
    named = {row["output_id"] for row in analyses}
    return analyses, [output for output in plan["outputs"] if output["output_id"] in named]


@pytest.fixture(scope="module", params=[without_a_group, without_events, with_an_unknown_covariate, without_patients])
def degenerate(request, plan, rows):
    results = compute(request.param(example_datasets()), plan["populations"], rows[0], resampling="none")
    return request.param.__name__, results


def test_what_cannot_be_estimated_says_why(degenerate):
    ard = degenerate[1]["ard"]
    silent = ard[ard["statistic"].isin(RATIOS) & ard["value"].isna() & (ard["value_txt"] == "NE") & ard["flag"].isna()]
    assert silent.empty, silent[["analysis_id", "statistic", "variable"]].to_string()


def test_no_comparison_survives_the_loss_of_what_it_compares(degenerate):
    name, results = degenerate
    ard = results["ard"]
    compared = ard[ard["comparator"].eq("noncart") & ard["statistic"].isin(("hr", "shr", "rmst_difference"))]
    if name in ("without_a_group", "without_patients"):
        assert compared["value"].isna().all()


def test_the_page_is_drawn_all_the_same(degenerate, rows):
    outputs = rows[1]
    figures = draw(degenerate[1], outputs)
    page = render(degenerate[1], outputs, {}, figures).decode()
    assert all(f'id="{output["output_id"].replace(".", "-")}"' in page for output in outputs)


def test_every_output_asks_and_answers_in_two_sentences(rows):
    meanings = pd.Series({output["output_id"]: output["meaning"] for output in rows[1]})
    sentences = meanings.str.count(r"[.?](?:\s|$)")
    assert sentences.eq(2).all(), sentences[sentences != 2].to_string()
