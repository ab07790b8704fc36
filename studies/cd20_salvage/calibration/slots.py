"""The 93 slots of the cohort by what they must hold: group, response, death, progression.

The counts are printed or follow by subtraction: 26 survivors and 17 ongoing responses leave 67 deaths and 76 PFS
events, and the widths of the printed intervals leave 4 deaths among the 22 responders of the CD20 group (Xue et al.
2024, doi 10.3389/fonc.2024.1376490). Slots 0-53 are the CD20 group, 0-21 its responders.
"""

from __future__ import annotations

import numpy as np

RESPONDERS, OTHERS, POLA, NONPOLA = range(4)
SIZES = (22, 32, 15, 24)
DEATHS = (4, 32, 10, 21)
EVENTS = (10, 32, 12, 22)
CD20 = 54
RESPONDED = 22  # of the CD20 group, its first slots
COUNT = 93

SLOT_GROUP = np.repeat(np.arange(4), SIZES)
DIED = np.concatenate([np.arange(n) < d for n, d in zip(SIZES, DEATHS, strict=True)]).astype(np.int64)
FAILED = np.concatenate([np.arange(n) < e for n, e in zip(SIZES, EVENTS, strict=True)]).astype(np.int64)
EVENTS_OF_SLOTS = np.array([DIED, FAILED])  # by endpoint: overall, progression-free survival
