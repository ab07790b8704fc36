"""All checks over one file of claims."""

from __future__ import annotations

from itertools import chain

import pandas as pd

from cartwright.analysis.audit import (
    count_test,
    denominator,
    events,
    implication,
    method,
    model,
    odds_ratio,
    percentage,
    quantile,
    ratio,
    repeated,
    sums,
    unit,
)
from cartwright.analysis.audit.claims import Claims
from cartwright.analysis.audit.finding import COLUMNS

CHECKS = (
    percentage.check_percentages,
    denominator.check_implied_denominators,
    denominator.check_base,
    sums.check_groups,
    sums.check_parts,
    sums.check_levels,
    sums.check_unknowns,
    repeated.check_printed_twice,
    repeated.check_repeated_cells,
    count_test.check_count_tests,
    count_test.check_one_test,
    ratio.check_symmetry,
    ratio.check_wald_p,
    odds_ratio.check_odds_ratios,
    events.check_event_bounds,
    events.check_limits_reached,
    quantile.check_order,
    quantile.check_pooled,
    quantile.check_shares,
    model.check_entry_rule,
    model.check_missing_cells,
    model.check_missing_p,
    method.check_limit_transform,
    method.check_follow_up,
    unit.check_units,
)


def audit(claims: pd.DataFrame, statements: pd.DataFrame | None = None) -> pd.DataFrame:
    """Findings, one a row: check, verdict, claim_id, claim_ids (space between), printed, computed, arithmetic.

    claims: columns of `claims.COLUMNS`, as text (`read_csv(dtype=str, keep_default_na=False)`), so that the printed
    precision is kept. statements: sentences that make patients of one kind part of another (`implication.COLUMNS`).
    Raises UnusableData when columns are missing or ids repeat. Nothing is said of claims without a finding: most
    figures stand alone in print and can only be compared with data.
    """
    known = Claims(claims)
    found = chain.from_iterable(check(known) for check in CHECKS)
    if statements is not None:
        found = chain(found, implication.check_implications(known, statements))
    return pd.DataFrame([finding.row() for finding in found], columns=list(COLUMNS))
