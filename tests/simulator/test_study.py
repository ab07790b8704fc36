"""The default study has the published counts, every exclusion reason, and a truth that its feeds really contain."""

from collections import Counter

import pytest

from cartwright.simulator.dirt import LAST_NIGHT
from cartwright.simulator.excluded import SCENARIOS
from cartwright.simulator.generate import Job, make_chunk
from cartwright.simulator.plan import BLOCK, COLUMNS, from_frame, plan_block, plan_patients, to_frame

# What may differ between what happened and what can be known: days that reach the hospital as a month only, and
# columns that are derived and have no planned value.
DATES_THAT_MAY_MOVE = {"os_date", "pfs_date"}
DERIVED_ONLY = {
    "pfsa_date",
    "pfsa_event",
    "age_years",
    "ipi_score",
    "is_ipi_ge3",
    "is_ldh_gt_uln",
    "cd19_failure_type_code",
    "has_rebiopsy",
    "has_bridging",
    "cd20_status_code",
}


def counts(rows):
    found = Counter()
    for row in rows:
        if row["is_included"] == "true":
            group = row["group_code"]
            found[group] += 1
            found[group, "deaths"] += row["os_event"] == "true"
            found[group, "pfs events"] += row["pfs_event"] == "true"
            found[group, row["best_response_code"] or "unrated"] += 1
            found[group, "IPI >= 3"] += row["is_ipi_ge3"] == "true"
            found[group, "high LDH"] += row["is_ldh_gt_uln"] == "true"
            found[group, "bulky"] += row["is_bulky"] == "true"
            found[group, "bulky unknown"] += not row["is_bulky"]
            found[group, "gcb"] += row["coo_code"] == "gcb"
            found[group, "hit"] += row["is_double_triple_hit"] == "true"
            found[group, "hit unknown"] += not row["is_double_triple_hit"]
            found[group, "cd19 positive"] += row["cd19_status_code"] == "positive"
            found[row["stratum_code"]] += 1
    return found


PUBLISHED = {
    "cd20": 54,
    "noncart": 39,
    "pola": 15,
    "bcl2i": 5,
    "lenalidomide": 3,
    "icpi": 3,
    "btki": 3,
    "chemotherapy": 10,
    ("cd20", "deaths"): 36,
    ("noncart", "deaths"): 31,
    ("cd20", "pfs events"): 42,
    ("noncart", "pfs events"): 34,
    ("cd20", "CR"): 15,
    ("cd20", "PR"): 7,
    ("noncart", "CR"): 3,
    ("noncart", "PR"): 7,
    ("cd20", "unrated"): 0,
    ("noncart", "unrated"): 1,
    ("cd20", "IPI >= 3"): 29,
    ("noncart", "IPI >= 3"): 20,
    ("cd20", "high LDH"): 38,
    ("noncart", "high LDH"): 35,
    ("cd20", "bulky"): 16,
    ("noncart", "bulky"): 19,
    ("cd20", "bulky unknown"): 3,
    ("cd20", "gcb"): 27,
    ("noncart", "gcb"): 13,
    ("cd20", "hit"): 6,
    ("noncart", "hit"): 3,
    ("cd20", "hit unknown"): 9,
    ("noncart", "hit unknown"): 13,
    ("cd20", "cd19 positive"): 26,
    ("noncart", "cd19 positive"): 9,
}


def check_counts(rows):
    found = counts(rows)
    # cd20 is both a group and a stratum
    found["cd20"] //= 2
    assert {key: found[key] for key in PUBLISHED} == PUBLISHED


def test_counts_of_the_publication(truths):
    check_counts(truths[1])


@pytest.mark.parametrize("seed", [1, 77, 4242])
def test_counts_hold_for_any_seed(seed):
    chunk = make_chunk(Job(plan_block(seed), 1, "", "S01", seed, LAST_NIGHT))
    check_counts([derivable for _, derivable in chunk.truth])


def test_every_exclusion_reason_is_found_in_the_feeds(truths):
    _, derivable = truths
    found = Counter((r["primary_criterion_id"], r["primary_status"]) for r in derivable if r["is_included"] == "false")
    planned = Counter()
    for count, criterion, status in SCENARIOS.values():
        planned[criterion, status] += count
    assert found == planned
    assert len({criterion for criterion, _ in found}) == 9


def test_what_is_derivable_is_what_happened_except_for_vague_dates(truths):
    for actual, derivable in zip(*truths, strict=True):
        names = set(actual) - DERIVED_ONLY - DATES_THAT_MAY_MOVE
        if actual["is_included"] == "false":
            names = {"enterprise_no", "is_included", "primary_criterion_id", "primary_status"}
        differing = {name: (actual[name], derivable[name]) for name in names if actual[name] != derivable[name]}
        assert not differing, actual["enterprise_no"]


def test_some_dates_of_a_drawn_study_move_and_none_of_the_calibrated_one(truths):
    drawn = make_chunk(Job(plan_block(77), 1, "", "S01", 77, LAST_NIGHT)).truth

    def moved(pairs):
        return sum(a["os_date"] != d["os_date"] for a, d in pairs if a["is_included"] == "true")

    assert 1 <= moved(drawn) <= 10
    assert moved(zip(*truths, strict=True)) == 0


def test_plan_survives_the_way_through_a_frame():
    rows = plan_block(5)
    assert from_frame(to_frame(rows)) == [{name: row[name] for name in COLUMNS} for row in rows]


def test_a_frame_without_a_column_is_refused():
    with pytest.raises(ValueError, match="time_zero_date"):
        from_frame(to_frame(plan_block(5)).drop(columns="time_zero_date"))


def test_other_sizes_keep_the_proportions():
    roles = Counter(row["role"] for row in plan_patients(2 * BLOCK + 90, 3))
    assert sum(roles.values()) == 2 * BLOCK + 90
    assert abs(roles["cd20"] - 54 * 2.5) <= 2
    assert len(plan_patients(3, 1)) == 3
