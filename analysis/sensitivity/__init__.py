"""What a critical reader asks of a retrospective comparison: weighting, standardisation, time zero, missing data, how
much unmeasured confounding or how many missing deaths it would take. Resampling is seeded and counts its failures.
"""

from analysis.sensitivity.cloning import clone_censor_weight
from analysis.sensitivity.evalue import e_value
from analysis.sensitivity.imputation import impute, pool
from analysis.sensitivity.landmark import landmark_groups, response_rows
from analysis.sensitivity.optimism import optimism
from analysis.sensitivity.resample import bootstrap
from analysis.sensitivity.standardisation import standardised_survival
from analysis.sensitivity.tipping import tipping_point
from analysis.sensitivity.weighting import Weighting, balance, effective_sample_size, propensity_weights

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
