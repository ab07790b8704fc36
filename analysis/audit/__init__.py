"""Audit of printed figures: whether they can be true together, and what our results say of each. Any study's claims.

One module a check, each a generator of findings from the claims alone (`audit`); and the comparison with results of
the analysis plan, by a map that is data (`audit_claims`). Pure functions: nothing here reads data of patients, names
a study or knows a claim by its id.
"""

from cartwright.analysis.audit.claims import Claims
from cartwright.analysis.audit.events import event_bounds
from cartwright.analysis.audit.finding import VERDICTS
from cartwright.analysis.audit.link import MapError
from cartwright.analysis.audit.odds_ratio import odds_ratio_tables
from cartwright.analysis.audit.run import audit
from cartwright.analysis.audit.verdict import audit_claims

__all__ = ["VERDICTS", "Claims", "MapError", "audit", "audit_claims", "event_bounds", "odds_ratio_tables"]
