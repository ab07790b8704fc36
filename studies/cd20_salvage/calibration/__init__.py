"""The calibration: a search for a cohort of 93 patients whose analysis gives the figures that the study printed.

`python -m studies.cd20_salvage.calibration` (from the checkout) makes `calibrated_cohort.csv` of the study, run by
run as schedule.csv says; no night needs it. A cohort is 93 slots (slots: who responds, dies, progresses), each with
two event days (times) and a row of factors (factors). Printed figures are windows (targets). First the days are
searched for, then everything together (covariates), then some claims before others (focus), and what is still missed
by short runs (repair). In each a change (moves) between two slots (partners) is kept or taken back by simulated
annealing (annealing) on what is priced (units) at the distance from print (prices), from one Newton step (newton) of
the models of a cohort kept up to date (state, room). What print leaves free is dealt last (cohort, quantities), the
rendered feeds must still tell it (rendered), and the share attained by stage is `calibration.csv` beside the cohort
(score, report) by statistics of its own (kernel).

Where two printed figures exclude each other it holds the coherent one: tFL 2 of 54 (the printed 1 leaves disease types
that do not add up), percentages rounded where print truncated them (34/39 is 87.18, 5/54 is 9.26), bulky disease as
counted (no test gives the printed p), ferritin in ug/L (the printed unit is far below normal). Two upper quartiles of
the time to failure fall between whole days: 14 patients lost and 35 kept CD19, so each is one patient's value, and 100
and 101 days are 3.29 and 3.32 months for the printed 3.31, 87 and 88 days 2.86 and 2.89 for the printed 2.87.
"""
