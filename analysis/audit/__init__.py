"""Arithmetic audit of printed figures: whether they can be true together. Pure functions of a claims file, any study.

One module a check, each a generator of findings. Nothing here reads data of patients, names a study or knows a claim
by its id; the comparison of claims with our own results lives elsewhere.
"""

from analysis.audit.claims import Claims
from analysis.audit.events import event_bounds
from analysis.audit.finding import VERDICTS
from analysis.audit.odds_ratio import odds_ratio_tables
from analysis.audit.run import audit

__all__ = ["VERDICTS", "Claims", "audit", "event_bounds", "odds_ratio_tables"]
