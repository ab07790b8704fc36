# Rscript cdisc_cox.R adam/adtte.xpt OS "treated" "reference": hazard ratio with its 95 % limits, from the transport file.
library(haven)
library(survival)
said <- commandArgs(trailingOnly = TRUE)
adtte <- read_xpt(said[1])
rows <- adtte[adtte$PARAMCD == said[2] & adtte$TRTP %in% said[3:4], ]
rows$treatment <- factor(rows$TRTP, levels = said[4:3])
fit <- coxph(Surv(AVAL, CNSR == 0) ~ treatment, data = rows, ties = "efron", control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
cat(sprintf("%.15g", summary(fit)$conf.int[c(1, 3, 4)]), "\n")
