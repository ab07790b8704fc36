"""Cox regression: one partial-likelihood engine (Efron or Breslow ties, strata, weights, left truncation, start-stop
rows) and everything that is read off its fit: tests of proportionality, residuals, concordance, profile limits, Firth.

The engine is ours because statistics that lifelines lacks or gets wrong (robust variance with ties, proportionality,
residuals) need the same derivatives, and because one fit takes a millisecond. It agrees with R survival and with
lifelines' Efron coefficients to rounding (docs/agreement.md).
"""

from cartwright.analysis.methods.cox.by_day import DaySums, cox_by_day
from cartwright.analysis.methods.cox.concordance import concordance
from cartwright.analysis.methods.cox.fine_gray import fine_gray
from cartwright.analysis.methods.cox.firth import firth_cox
from cartwright.analysis.methods.cox.fit import CoxFit, cox
from cartwright.analysis.methods.cox.hazard import baseline_hazard, predicted_survival
from cartwright.analysis.methods.cox.profile import profile_limits
from cartwright.analysis.methods.cox.proportionality import ph_test, scaled_schoenfeld
from cartwright.analysis.methods.cox.residuals import dfbeta, residuals

__all__ = [
    "CoxFit",
    "DaySums",
    "baseline_hazard",
    "concordance",
    "cox",
    "cox_by_day",
    "dfbeta",
    "fine_gray",
    "firth_cox",
    "ph_test",
    "predicted_survival",
    "profile_limits",
    "residuals",
    "scaled_schoenfeld",
]
