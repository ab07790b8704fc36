"""Room between the two products of a patient: failure of the first, seen no earlier than it can be, then a wait."""

from __future__ import annotations

import numpy as np

from cartwright.simulator.days import DATA_CUT, ENROL_FROM
from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.factors import BRIDGED, COLUMN, INTERVAL, REFRACTORY
from studies.cd20_salvage.calibration.slots import CD20
from studies.cd20_salvage.calibration.targets import MONTH

BULKY = COLUMN["bulky"]
SHOWN_FROM, RELAPSE_FROM, CLINICAL_FROM = 22, 48, 62  # days a failure takes, after a response, without a scan near it
WAIT, WAIT_BRIDGED, WAIT_UNSEEN, UNSEEN_BRIDGED = 16, 22, 30, 38  # least days from failure to CD20 cells
LONGEST_WAIT = 300
SPAN = DATA_CUT - ENROL_FROM
USED = (INTERVAL, BRIDGED, REFRACTORY, BULKY)


@compiled
def first_failure(row):
    """Days from the first product after which its failure can be seen; a size that is not known had no scan."""
    if np.isnan(row[BULKY]):
        return CLINICAL_FROM
    return SHOWN_FROM if row[REFRACTORY] else RELAPSE_FROM


@compiled
def wait_between(row, os):
    """Least and most days from failure to the CD20 cells, when `os` days follow them before the data cut."""
    if np.isnan(row[BULKY]):
        least = UNSEEN_BRIDGED if row[BRIDGED] else WAIT_UNSEEN
    else:
        least = WAIT_BRIDGED if row[BRIDGED] else WAIT
    return least, min(LONGEST_WAIT, SPAN - os - 1)


@compiled
def failure_days(row, os):
    """First and last day of the failure of the first product; the last comes first where there is no room."""
    interval = int(np.round(row[INTERVAL] * MONTH))
    least, most = wait_between(row, os)
    return max(first_failure(row), interval - most), interval - least


@compiled
def misses(x, os):
    """Patients of the CD20 group whose products leave no room for a failure between them."""
    found = 0
    for i in range(CD20):
        first, last = failure_days(x[i], os[i])
        found += first > last
    return found
