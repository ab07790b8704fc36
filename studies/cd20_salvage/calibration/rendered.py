"""Whether the feeds that a cohort leaves, with all their dirt, still tell what the plan says."""

from __future__ import annotations

from collections import Counter

from cartwright.simulator.covariates import Row
from cartwright.simulator.dirt import LAST_NIGHT
from cartwright.simulator.generate import DEFAULT_SEED, Job, make_chunk
from cartwright.simulator.plan import calibrated_block

# Derived only, without a planned counterpart.
_NO_PLAN = {
    "pfsa_date",
    "pfsa_event",
    "age_years",
    "ipi_score",
    "is_ipi_ge3",
    "is_ldh_gt_uln",
    "has_rebiopsy",
    "cd19_failure_type_code",
    "has_bridging",
    "cd20_status_code",
}


def lost(rows: list[Row]) -> dict[str, int]:
    """Items of included patients that cannot be derived as planned in the default study: name -> patients."""
    chunk = make_chunk(Job(calibrated_block(DEFAULT_SEED, rows), 1, "", "S01", DEFAULT_SEED, LAST_NIGHT))
    found = Counter(
        name
        for actual, derivable in chunk.truth
        if actual["is_included"] == "true"
        for name in actual
        if name not in _NO_PLAN and actual[name] != derivable[name]
    )
    return dict(found)
