"""The truth beside the feeds, one row a screened patient: *actual* (the plan) and *derivable* (by the rules)."""

from __future__ import annotations

from typing import Any

from cartwright.simulator.chart import Chart
from cartwright.simulator.days import DATA_CUT, iso
from cartwright.simulator.derivable import Derived
from cartwright.simulator.excluded import SCENARIOS

BASELINE = (
    "age_years",
    "sex_code",
    "ecog_grade",
    "ann_arbor_stage",
    "ipi_score",
    "is_ipi_ge3",
    "is_ldh_gt_uln",
    "extranodal_sites_count",
    "is_bulky",
    "is_marrow_involved",
    "is_cns_involved",
    "histology_code",
    "coo_code",
    "is_double_triple_hit",
    "is_tp53_mutated",
    "prior_lines_count",
    "prior_cycles_count",
    "has_prior_sct",
    "has_prior_radiotherapy",
    "cd19_failure_type_code",
    "cd19_best_response_code",
    "has_rebiopsy",
    "cd19_status_code",
    "cd20_status_code",
    "cd20_expression_percent",
    "has_bridging",
    "bridging_classes",
    "bridging_response_code",
    "lymphodepletion_code",
)
COLUMNS = (
    "enterprise_no",
    "site",
    "is_included",
    "primary_criterion_id",
    "primary_status",
    "group_code",
    "stratum_code",
    "cd19_failure_date",
    "time_zero_date",
    "best_response_code",
    "os_date",
    "os_event",
    "pfs_date",
    "pfs_event",
    "pfsa_date",
    "pfsa_event",
    *BASELINE,
)


def _row(values: dict[str, Any]) -> dict[str, Any]:
    """Every column in order; days as dates, truth values as true and false, unknown as empty."""
    row = {}
    for name in COLUMNS:
        value = values.get(name)
        if name.endswith("_date") and value is not None:
            value = iso(value)
        elif value == "":
            value = None
        elif isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        row[name] = value
    return row


def actual_row(plan: dict[str, Any], chart: Chart, site: str) -> dict[str, Any]:
    """What really happened, as planned; PFSA and derived scores have no actual counterpart."""
    included = plan["role"] != "excluded"
    values = {name: plan.get(name) for name in COLUMNS}
    values.update(enterprise_no=chart.enterprise_no, site=site, is_included=included)
    if included:
        died, progressed, end = plan["death_date"], plan["pd_date"], plan["last_contact_date"]
        values.update(group_code=plan["role"], os_date=min(died or end, DATA_CUT), os_event=died is not None)
        values.update(pfs_date=progressed or died or end, pfs_event=bool(progressed or died))
    else:
        _, criterion, status = SCENARIOS[plan["scenario"]]
        values.update(primary_criterion_id=criterion, primary_status=status, stratum_code=None, time_zero_date=None)
        values.update(best_response_code=None)
    return _row(values)


def derivable_row(derived: Derived, chart: Chart, site: str) -> dict[str, Any]:
    """What the protocol's rules find in the records as delivered by the last night."""
    return _row({**derived.values, "enterprise_no": chart.enterprise_no, "site": site})
