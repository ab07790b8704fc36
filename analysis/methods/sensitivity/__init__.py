"""What a critical reader asks of a retrospective comparison: weighting, standardisation, time zero, missing data, how
much unmeasured confounding or how many missing deaths it would take. Resampling is seeded and counts its failures.
"""

from cartwright.analysis.methods.sensitivity.cloning import clone_censor_weight
from cartwright.analysis.methods.sensitivity.evalue import e_value
from cartwright.analysis.methods.sensitivity.imputation import impute, pool
from cartwright.analysis.methods.sensitivity.landmark import landmark_groups, response_rows
from cartwright.analysis.methods.sensitivity.optimism import optimism
from cartwright.analysis.methods.sensitivity.resample import bootstrap
from cartwright.analysis.methods.sensitivity.standardisation import standardised_survival
from cartwright.analysis.methods.sensitivity.tipping import tipping_point
from cartwright.analysis.methods.sensitivity.weighting import (
    Weighting,
    balance,
    effective_sample_size,
    propensity_weights,
)

__all__ = [
    "Weighting",
    "balance",
    "bootstrap",
    "clone_censor_weight",
    "e_value",
    "effective_sample_size",
    "impute",
    "landmark_groups",
    "optimism",
    "pool",
    "propensity_weights",
    "response_rows",
    "standardised_survival",
    "tipping_point",
]
