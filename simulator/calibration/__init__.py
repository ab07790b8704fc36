"""The calibration: a search for a cohort of 93 patients whose analysis gives the figures that the study printed.

Here lives what made `studies/<study>/calibrated_cohort.csv`: printed figures as windows (targets), a fast statistics
kernel of its own, the searches for linked event days (times) and for covariates (covariates, with what they pay in
prices and what they may change in moves), what the print leaves free (cohort), whether the rendered feeds still tell it
(rendered), and the score by stage (score, report). It runs by hand: `python -m simulator.calibration`, then `--refine`
as often as wanted; no night needs it.

What reproduces what: `python -m simulator.calibration --dress --seed 6011` on the committed cohort writes it again,
byte for byte, from its event days and model factors. Those came from several chained runs, some of them with the same
prices and moves in a faster kernel that is not kept here, so no single seed gives them again: they are data of the
study, and `calibration.csv` beside them says what they attain of every printed part. `--score` computes it anew.

Where two printed figures exclude each other it holds the coherent one: tFL 2 of 54 (the printed 1 leaves disease types
that do not add up), percentages rounded where print truncated them (34/39 is 87.18, 5/54 is 9.26), bulky disease as
counted (no test gives the printed p), ferritin in ug/L (the printed unit is far below normal). Two upper quartiles of
the time to failure fall between whole days: 14 patients lost and 35 kept CD19, so each is one patient's value, and 100
and 101 days are 3.29 and 3.32 months for the printed 3.31, 87 and 88 days 2.86 and 2.89 for the printed 2.87.
"""
