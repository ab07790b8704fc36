"""The calibration: a search for a cohort of 93 patients whose analysis gives the figures that the study printed.

Here lives what made `studies/<study>/calibrated_cohort.csv`: printed figures as windows (targets), a fast statistics
kernel of its own, the searches for linked event days (times) and for covariates (covariates), what the print leaves
free (cohort), and the score by stage. It runs once, by hand: `python -m simulator.calibration`. No night needs it.
"""
