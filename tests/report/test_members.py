"""Who stands behind the numbers: the members stored with an analysis are the patients it computed with."""

import pandas as pd
import pytest

from cartwright.analysis.plan.run import compute

WITHOUT_MEMBERS = {"forest", "evalue", "checklist", "declared", "multiplicity"}  # show what others computed
COUNTS = {"count", "excluded", "remaining", "group", "unknown", "imputed", "left_out"}
OF_THOSE_LEFT_OUT = {"unknown", "imputed", "left_out"}


@pytest.fixture(scope="module")
def kinds(plan):
    return {row["analysis_id"]: row["kind"] for row in plan["analyses"]}


@pytest.fixture(scope="module")
def members(results):
    return dict(tuple(results["analysis_member"].groupby("analysis_id")))


@pytest.fixture(scope="module")
def cells(results, kinds):
    """Result rows about patients whose number is known."""
    rows = results["ard"].to_dict("records")
    return [row for row in rows if kinds[row["analysis_id"]] not in WITHOUT_MEMBERS and not row["flag"]]


def behind(row, members, kind):
    """Members of the variable and the groups of a result row (of all, where it names none of theirs)."""
    found = members[row["analysis_id"]]
    own, of_all = found[found["variable"] == (row["variable"] or "")], found[found["variable"].isna()]
    found = own if len(own) else of_all if len(of_all) else found
    if row["group_level"] is None or (kind == "standardised" and row["statistic"] == "survival"):
        return found  # a standardised curve is that of everybody, had they been in the group
    levels = [row["group_level"], *(row["comparator"] or "").split("+")]
    return found[found["group_level"].isin(levels) | found["group_level"].isna()]


def at_level(found, row):
    levels = (row["variable_level"], row["statistic"])
    return found[found["variable_level"].isin(levels)] if found["variable_level"].isin(levels).any() else found


def test_every_count_is_that_of_its_members(cells, members, kinds):
    wrong = []
    for row in cells:
        if row["statistic"] not in COUNTS:
            continue
        found = behind(row, members, kinds[row["analysis_id"]])
        if row["statistic"] in OF_THOSE_LEFT_OUT:
            found = found[found["reason"].fillna("").str.startswith(("unknown", "imputed", "follow-up"))]
            found = at_level(found, row) if found["variable_level"].notna().any() else found
        elif row["variable"]:
            found = at_level(found, row)
            found = found[
                found["has_level"].fillna(False)
                & (found["variable_level"].isin([row["variable_level"], row["statistic"]]))
            ]
        if found["usubjid"].nunique() != row["value"]:
            wrong.append({**row, "found": found["usubjid"].nunique()})
    assert wrong == []


def test_every_denominator_is_the_patients_used(cells, members, kinds):
    wrong = []
    for row in cells:
        kind = kinds[row["analysis_id"]]
        if pd.isna(row["n"]) or kind in ("funnel", "count") or row["statistic"] in OF_THOSE_LEFT_OUT:
            continue
        found = behind(row, members, kind)
        used = found[found["is_used"]]
        possible = {used["usubjid"].nunique(), at_level(used, row)["usubjid"].nunique()}
        if kind == "paired" and row["comparator"]:  # both values of a patient, or the pairs
            possible |= {len(used), int((used["usubjid"].value_counts() == 2).sum())}
        if kind == "agreement":  # everybody stands in the cross table
            possible |= {members[row["analysis_id"]]["usubjid"].nunique(), len(used)}
        if kind in ("waterfall", "spider"):
            possible = {found["usubjid"].nunique()}
        if row["statistic"] == "events_in_level":
            possible = {int(at_level(used, row)["has_level"].sum())}
        if row["statistic"] == "tipping_point":  # of the first group
            possible = {int((used["group_level"] == row["group_level"]).sum())}
        if row["variable"] == "added_deaths":
            possible = {used["usubjid"].nunique() + int(row["variable_level"])}
        if row["n"] not in possible:
            wrong.append({**row, "found": possible})
    assert wrong == []


def test_events_are_those_of_the_members(cells, members, kinds):
    for row in cells:
        found = behind(row, members, kinds[row["analysis_id"]])
        if row["statistic"] == "events_in_level":
            found = found[(found["variable_level"] == row["variable_level"]) & found["has_level"].fillna(False)]
        elif row["statistic"] != "events" or kinds[row["analysis_id"]] == "incidence":
            continue
        assert found["is_event"].fillna(False).sum() == row["value"], row


def test_patients_left_out_change_nothing(datasets, plan, results, members, kinds):
    """Computed once more without those who were never used, every analysis finds the same."""
    changed = []
    for row in plan["analyses"]:
        name = row["analysis_id"]
        if row["kind"] in WITHOUT_MEMBERS | {"funnel", "count", "agreement"}:
            continue
        used = set(members[name].loc[members[name]["is_used"], "usubjid"])
        adsl = datasets["adsl"]
        fewer = datasets | {"adsl": adsl[adsl["usubjid"].isin(used)]}
        again = compute(fewer, plan["populations"], [row])["ard"]
        before = results["ard"][results["ard"]["analysis_id"] == name]
        skipped = ["unknown", "n", "left_out"]  # what counts those who are gone
        columns = ["group_level", "variable", "variable_level", "statistic", "value", "ci_low", "ci_high"]
        first, second = (
            part[~part["statistic"].isin(skipped)].sort_values(["seq"])[columns].reset_index(drop=True)
            for part in (before, again)
        )
        if not first.equals(second) and not _close(first, second):
            changed.append(name)
    assert changed == []


def _close(first, second):
    try:
        pd.testing.assert_frame_equal(first, second, rtol=1e-9)
    except AssertionError:
        return False
    return True
