"""The factors of Tables 2 and 3 and of Supplementary Table 1 as columns of one matrix, with the counts of Table 1.

A row is a slot (slots.SLOT_GROUP), unknown is nan. The International Prognostic Index is no column of its own right: it
follows from age, performance status, LDH, stage and extranodal sites, with the bounds that an unknown factor allows.
A performance status of 3 or more, which the tables print, follows from its grade.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.slots import CD20, COUNT
from studies.cd20_salvage.calibration.targets import IN_DOUBT, claims
from studies.cd20_salvage.calibration.times import ratio_windows

NAMES = (
    "age_gt60",
    "male",
    "ecog",
    "stage_ge3",
    "ldh",
    "extranodal_ge2",
    "bulky",
    "bm",
    "cns",
    "coo_gcb",
    "dhit",
    "prior_lines_ge3",
    "prior_sct",
    "prior_rt",
    "cd19resp_refractory",
    "cd19_positive",
    "tp53",
    "bt",
    "dose",
    "cart_interval",
    "steroid",
    "ipi_ge3",
    "treatment_cd20",
    "ecog_ge3",
)
COLUMN = {name: column for column, name in enumerate(NAMES)}
AGE, ECOG, STAGE, LDH, SITES = (COLUMN[n] for n in ("age_gt60", "ecog", "stage_ge3", "ldh", "extranodal_ge2"))
REFRACTORY, BRIDGED, DOSE, INTERVAL, IPI, ECOG_GE3 = (
    COLUMN[n] for n in ("cd19resp_refractory", "bt", "dose", "cart_interval", "ipi_ge3", "ecog_ge3")
)
GCB, TRANSPLANT = COLUMN["coo_gcb"], COLUMN["prior_sct"]
IPI_GE3 = (29, 20)

# Table 1: (present, unknown) in the CD20 and in the other group.
_COUNTS = {
    "male": ((28, 0), (24, 0)),
    "stage_ge3": ((49, 0), (34, 0)),
    "ldh": ((38, 8), (35, 0)),
    "extranodal_ge2": ((21, 1), (16, 0)),
    "bulky": ((16, 3), (19, 0)),
    "bm": ((11, 0), (4, 0)),
    "cns": ((7, 0), (2, 0)),
    "coo_gcb": ((27, 4), (13, 4)),
    "dhit": ((6, 9), (3, 13)),
    "prior_lines_ge3": ((27, 0), (18, 0)),
    "prior_sct": ((7, 0), (3, 0)),
    "prior_rt": ((15, 0), (5, 0)),
    "cd19_positive": ((26, 20), (9, 24)),
    "tp53": ((24, 4), (13, 6)),
    "age_gt60": ((12, 0), (15, 0)),
    "cd19resp_refractory": ((31, 0), (22, 0)),
    "bt": ((37, 0), None),
    "steroid": ((13, 0), None),
}
_ECOG = ((13, 17, 12, 8, 4), (9, 13, 9, 6, 2))
AGED = ((12, 13), (12, 18))  # how many may be over 60, given the printed quartiles of age
REFRACTORY_RESPONDERS, REFRACTORY_OTHERS = 12, 19
# Doses in 10^6 cells/kg: values at the ranks that fix the printed quartiles, and 37 of 54 below the target of 2.
DOSE_MARKS = (0.4, 1.21, 2.0, 2.1)


class Cell(NamedTuple):
    """One printed row of a univariable model: claim, endpoint (0 OS, 1 PFS), column, in the CD20 group only."""

    claim_id: str
    endpoint: int
    column: int
    cd20_only: bool
    is_inverse: bool


class Model(NamedTuple):
    """A multivariable model: the claims of its rows, endpoint, columns."""

    claim_ids: tuple[str, ...]
    endpoint: int
    columns: tuple[int, ...]
    cd20_only: bool


ENDPOINTS = ("os", "pfs")
MULTI = {
    "t2": ("age_gt60", "ecog_ge3", "ipi_ge3", "coo_gcb", "prior_sct", "treatment_cd20"),
    "t3": ("ipi_ge3", "ecog_ge3", "cd19resp_refractory", "bt", "dose"),
}
_ALIAS = {"sex_male": "male", "sex_female": "male"}
# How many claims print a row: the abstract and the text repeat some rows of the tables.
PRINTED_AGAIN = {
    "t2.os.multi.treatment_cd20": 4,
    "t2.pfs.multi.treatment_cd20": 3,
    "t3.os.multi.ecog_ge3": 2,
    "t3.pfs.multi.ecog_ge3": 2,
    "t3.pfs.multi.dose": 2,
}
LOGISTIC = (("r.orr.logit.uni.dose", DOSE), ("r.orr.logit.uni.bridging", BRIDGED), ("r.orr.logit.uni.ipi_ge3", IPI))


def cells() -> list[Cell]:
    """Every univariable row of Tables 2 and 3 that moves with covariates, without those in doubt."""
    found = []
    for claim_id in claims():
        table, _, rest = claim_id.partition(".")
        if table not in MULTI or ".uni." not in rest or claim_id in IN_DOUBT:
            continue
        endpoint, _, name = rest.split(".")
        if name != "treatment_cd20":
            column = COLUMN[_ALIAS.get(name, name)]
            found.append(Cell(claim_id, ENDPOINTS.index(endpoint), column, table == "t3", name == "sex_female"))
    return found


def models() -> list[Model]:
    """The four multivariable models."""
    return [
        Model(
            tuple(f"{table}.{ENDPOINTS[endpoint]}.multi.{name}" for name in names),
            endpoint,
            tuple(COLUMN[name] for name in names),
            table == "t3",
        )
        for table, names in MULTI.items()
        for endpoint in (0, 1)
    ]


def windows(claim_id: str, *, is_close_enough: bool = False) -> list[float]:
    """Windows of a claim's log ratio, limits and |z|, as printed or as wide as is close enough."""
    claim = claims()[claim_id]
    if is_close_enough:
        claim = claim._replace(**{name: window.widened() for name, window in claim.parts().items()})
    return ratio_windows(claim, claim.p)


@compiled
def ipi_ge3(row):
    """Whether the index is 3 or more: 1, 0, or nan when an unknown factor decides."""
    known, unknown = 0, 0
    for column in (AGE, STAGE, LDH, SITES):
        if np.isnan(row[column]):
            unknown += 1
        elif row[column] > 0.5:
            known += 1
    if row[ECOG] >= 2:
        known += 1
    if known >= 3:
        return 1.0
    return 0.0 if known + unknown < 3 else np.nan


@compiled
def derive(row):
    """Fill what follows from the other factors of a slot."""
    row[IPI] = ipi_ge3(row)
    row[ECOG_GE3] = 1.0 if row[ECOG] >= 3 else 0.0


def _dealt(rng: np.random.Generator, present: int, unknown: int, size: int) -> np.ndarray:
    values = np.array([1.0] * present + [np.nan] * unknown + [0.0] * (size - present - unknown))
    rng.shuffle(values)
    return values


def _doses(rng: np.random.Generator) -> np.ndarray:
    low, middle, target, high = DOSE_MARKS
    parts = (
        rng.uniform(0.12, low - 0.01, 13),
        [low],
        rng.uniform(low + 0.01, middle - 0.02, 12),
        [middle - 0.01],
        [middle + 0.01],
        rng.uniform(middle + 0.02, target - 0.02, 9),
        rng.uniform(target, high - 0.01, 3),
        [high],
        rng.uniform(high + 0.01, 7, 13),
    )
    return np.round(np.concatenate(parts), 2)


def draw(seed: int, intervals: np.ndarray) -> np.ndarray:
    """A start with every count of Table 1; `intervals` between the two infusions of the CD20 group in months."""
    rng = np.random.default_rng(seed)
    x = np.full((COUNT, len(NAMES)), np.nan)
    for name, counts in _COUNTS.items():
        for rows, count in zip((slice(0, CD20), slice(CD20, COUNT)), counts, strict=True):
            if count is not None:
                x[rows, COLUMN[name]] = _dealt(rng, *count, rows.stop - rows.start)
    for rows, counts in zip((slice(0, CD20), slice(CD20, COUNT)), _ECOG, strict=True):
        x[rows, ECOG] = rng.permutation(np.repeat(np.arange(5.0), counts))
    x[:22, REFRACTORY] = _dealt(rng, REFRACTORY_RESPONDERS, 0, 22)
    x[22:CD20, REFRACTORY] = _dealt(rng, REFRACTORY_OTHERS, 0, 32)
    x[:CD20, DOSE] = rng.permutation(_doses(rng))
    x[:CD20, INTERVAL] = rng.permutation(intervals)
    x[:, COLUMN["treatment_cd20"]] = np.arange(COUNT) < CD20
    for row in x:
        derive(row)
    return x
