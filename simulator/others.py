"""Patients of the demonstration hospital who never had CAR-T cells: what other studies of the house rest on.

Newly diagnosed large B-cell lymphoma with first-line therapy and its response by lesions, and a few patients with
leukaemia or myeloma whose response is rated and not measured. Shares are those of daily practice in round numbers
(complete response in two of three, one of three progresses), not of any one publication.
"""

from __future__ import annotations

from random import Random
from typing import Any

from cartwright.simulator.covariates import blank
from cartwright.simulator.days import DATA_CUT, day
from cartwright.simulator.draw import deal
from cartwright.simulator.loss_to_follow_up import days_unseen

Row = dict[str, Any]

FIRST_LINE, RATED = "first_line", "rated"  # roles
COUNT, RATED_COUNT = 60, 12
RATED_BY = {"cll": "iwcll_2018", "myeloma": "imwg_2016"}  # disease -> criteria of its ratings
CATEGORIES = {  # best rating -> the rating before it
    "iwcll_2018": {"CR": "PR", "CRi": "PR-L", "PR": "PR", "SD": "SD"},
    "imwg_2016": {"sCR": "VGPR", "CR": "PR", "VGPR": "PR", "PR": "MR", "MR": "SD"},
}
_REGIMENS = {"R-CHOP": 44, "Pola-R-CHP": 10, "DA-EPOCH": 6}
_BEST = {"CR": 38, "PR": 11, "SD": 4, "PD": 7}
_COO = {"gcb": 27, "non_gcb": 28, None: 5}
_HISTOLOGY = {"dlbcl_nos": 51, "hgbl": 6, "tfl": 3}
_FIRST_DIAGNOSIS, _LAST_DIAGNOSIS = day("2018-02-01"), day("2022-03-01")
RATED_REGIMENS = {"cll": ("Ven-Obi", "Zanubrutinib"), "myeloma": ("Len-Dex",)}


def plan_others(seed: int) -> list[Row]:
    """Plan rows of patients without cells, with random numbers of their own."""
    rng = Random(f"others:{seed}")
    counts: dict[str, dict[Any, int]] = {
        "regimen": _REGIMENS,
        "best_response_code": _BEST,
        "coo_code": _COO,
        "histology_code": _HISTOLOGY,
    }
    dealt = {name: deal(rng, own) for name, own in counts.items()}
    first_line = [_first_line(rng, {name: values[i] for name, values in dealt.items()}) for i in range(COUNT)]
    return [*first_line, *(_rated(rng, tuple(RATED_BY)[i % 2]) for i in range(RATED_COUNT))]


def _person(rng: Random, role: str, youngest: int, oldest: int) -> Row:
    diagnosed = rng.randint(_FIRST_DIAGNOSIS, _LAST_DIAGNOSIS)
    cause = rng.choices(("lymphoma", "infection", "treatment_toxicity", "other", "unknown"), (70, 10, 5, 9, 6))[0]
    row = blank()
    row.update(
        role=role,
        scenario="",
        is_fully_dated=False,
        pd_kind="none",
        diagnosis_date=diagnosed,
        sex_code=rng.choice(("M", "F")),
        birth_date=diagnosed - round(rng.uniform(youngest, oldest) * 365.25),
        time_zero_date=diagnosed + rng.randrange(9, 36),
        cause_code=cause,
    )
    return row


def _first_line(rng: Random, dealt: Row) -> Row:
    """A patient with large B-cell lymphoma: time zero is the start of the first line."""
    row = _person(rng, FIRST_LINE, 24, 84)
    row.update(
        dealt,
        ecog_grade=rng.choices((0, 1, 2, 3), (35, 40, 18, 7))[0],
        ann_arbor_stage=rng.choices((1, 2, 3, 4), (10, 20, 27, 43))[0],
        extranodal_sites_count=rng.choices((0, 1, 2, 3, None), (35, 30, 20, 10, 5))[0],
        ldh_ratio_uln=None if rng.random() < 0.06 else round(rng.triangular(0.5, 2.5, 0.7), 2),
        is_bulky=rng.random() < 0.25,
        is_marrow_involved=rng.random() < 0.15,
        is_cns_involved=rng.random() < 0.03,
        is_double_triple_hit=dealt["histology_code"] == "hgbl" and rng.random() < 0.6,
        is_tp53_mutated=rng.choice((True, False, False, None)),
        prior_cycles_count=rng.choice((4, 6, 6, 6)),
    )
    start = row["time_zero_date"]
    late = rng.random() < {"CR": 0.18, "PR": 0.6, "SD": 1.0, "PD": 1.0}[row["best_response_code"]]
    if late:
        progressed = start + _to_progression(rng, row["best_response_code"])
        row["pd_kind"], row["pd_date"] = "imaging", progressed
        if rng.random() < 0.8:
            row["new_therapy_date"] = progressed + rng.randrange(6, 32)
            row["new_therapy_kind"] = rng.choice(("R-ICE", "R-GemOx", "R-DHAP", "Pola-BR"))
    _end(rng, row, deadly=0.55 if late else 0.05)
    return row


def _to_progression(rng: Random, best: str) -> int:
    return (
        rng.randrange(58, 80) if best == "PD" else rng.randrange(120, 200) if best == "SD" else rng.randrange(240, 800)
    )


def _rated(rng: Random, disease: str) -> Row:
    row = _person(rng, RATED, 45, 82)
    row.update(
        histology_code=disease,
        regimen=rng.choice(RATED_REGIMENS[disease]),
        best_response_code=rng.choice(tuple(CATEGORIES[RATED_BY[disease]])),
        ecog_grade=rng.choice((0, 1, 1, 2)),
        prior_cycles_count=6,
    )
    if rng.random() < 0.4:
        row["pd_kind"], row["pd_date"] = "rated", row["time_zero_date"] + rng.randrange(320, 700)
    _end(rng, row, deadly=0.2)
    return row


def _end(rng: Random, row: Row, deadly: float) -> None:
    """Death, loss to follow-up or life at the data cut; what is planned for later has not happened."""
    event = row["pd_date"] or row["time_zero_date"] + 200
    died = event + rng.randrange(40, 500)
    if rng.random() < deadly and died <= DATA_CUT:
        row["death_date"] = row["last_contact_date"] = died
    else:
        last = DATA_CUT - days_unseen(rng)
        row["last_contact_date"] = max(min(last, DATA_CUT), row["time_zero_date"] + 5)
    for name, kind in (("pd_date", "pd_kind"), ("new_therapy_date", "new_therapy_kind")):
        if row[name] is not None and row[name] > row["last_contact_date"]:
            row[name], row[kind] = None, "none" if kind == "pd_kind" else None
