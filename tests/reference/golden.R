# Golden values from R for the statistics in analysis/. Run from the repository root:
#   Rscript tests/reference/golden.R
# writes tests/reference/data/*.csv (public data sets of R's survival package) and tests/reference/golden.csv.gz, one
# number a row: set, method, item, key, value. Needs R with survival and cmprsk; the tests need neither.
suppressMessages({library(survival); library(cmprsk)})
options(warn = -1)
home <- "tests/reference"
rows <- list()
keep <- function(set, method, item, key, value) {
  value <- as.numeric(value)
  rows[[length(rows) + 1]] <<- c(set, method, item, as.character(key), sprintf("%.17g", value))
}
num <- function(x) sprintf("%.10g", x)
tight <- coxph.control(eps = 1e-13, toler.chol = 1e-15, iter.max = 100)

# --- data: time, status, group, stratum, covariates x1.., optional entry, subject; w a deterministic case weight
numbered <- function(d) { d$w <- 1 + (seq_len(nrow(d)) %% 3) / 2; d }
sets <- list(
  lung = with(lung, data.frame(time, status = status - 1, group = sex, stratum = ph.ecog, age, sex, wt.loss)),
  veteran = with(veteran, data.frame(time, status, group = trt, stratum = as.character(celltype), trt, karno, age, diagtime)),
  ovarian = with(ovarian, data.frame(time = futime, status = fustat, group = rx, stratum = ecog.ps, age, rx, resid.ds)),
  gbsg = with(gbsg, data.frame(time = rfstime, status, group = hormon, stratum = grade, age, size, nodes, hormon)),
  rotterdam = with(rotterdam, data.frame(time = dtime, status = death, group = chemo, stratum = as.character(size), age, nodes, grade, chemo)),
  pbc = with(pbc[1:312, ], data.frame(time, status = as.numeric(status == 2), group = trt, stratum = sex, age, edema, bili, albumin, state = status)),
  colon = with(colon[colon$etype == 2, ], data.frame(time, status, group = as.character(rx), stratum = sex, age, sex, nodes, obstruct)),
  aml = with(aml, data.frame(time, status, group = as.character(x), stratum = 1, arm = as.numeric(x == "Maintained"))),
  kidney = with(kidney, data.frame(time, status, group = sex, stratum = as.character(disease), age, sex, subject = id)),
  heart = with(heart, data.frame(time = stop, status = event, group = as.numeric(as.character(transplant)), stratum = surgery, age, year, surgery, transplant = as.numeric(as.character(transplant)), entry = start, subject = id)),
  mgus2 = with(mgus2, data.frame(time = futime, status = death, group = as.character(sex), stratum = 1, age, male = as.numeric(sex == "M"), mspike, ptime, pstat)),
  myeloma = with(myeloma[1:400, ], data.frame(time = futime, status = death, group = as.numeric(year > 1970), stratum = 1, year, entry)),
  retinopathy = with(retinopathy, data.frame(time = futime, status, group = trt, stratum = as.character(type), trt, risk, adult = as.numeric(type == "adult"), subject = id)),
  # degenerate and edge cases
  flat_half = data.frame(time = c(10, 20, 30, 40, 50, 60, 70, 80, 90, 100), status = rep(1:0, each = 5), group = rep(1:2, 5), stratum = 1),
  exact_half = data.frame(time = c(1, 2, 3, 4, 5, 6, 7, 8), status = c(1, 1, 1, 1, 0, 1, 1, 0), group = rep(1:2, 4), stratum = 1),
  no_events = data.frame(time = c(3, 5, 8, 13), status = 0, group = rep(1:2, 2), stratum = 1),
  one_event = data.frame(time = c(3, 5, 8, 13, 21), status = c(0, 1, 0, 0, 0), group = c(1, 2, 1, 2, 1), stratum = 1),
  one_time = data.frame(time = rep(7, 6), status = c(1, 1, 0, 0, 0, 0), group = rep(1:2, 3), stratum = 1),
  censored_at_once = data.frame(time = rep(12, 5), status = 0, group = c(1, 1, 2, 2, 2), stratum = 1),
  all_die = data.frame(time = c(1, 1, 2, 2, 2, 3, 5, 8), status = 1, group = rep(1:2, 4), stratum = 1)
)
covariates <- list(
  lung = c("age", "sex", "wt.loss"), veteran = c("trt", "karno", "age", "diagtime"), ovarian = c("age", "rx", "resid.ds"),
  gbsg = c("age", "size", "nodes", "hormon"), rotterdam = c("age", "nodes", "grade", "chemo"),
  pbc = c("age", "edema", "bili", "albumin"), colon = c("age", "sex", "nodes", "obstruct"), aml = "arm", kidney = c("age", "sex"),
  heart = c("age", "year", "surgery", "transplant"), mgus2 = c("age", "male", "mspike"), myeloma = "year",
  retinopathy = c("trt", "risk", "adult"))
sets <- lapply(sets, numbered)
dir.create(file.path(home, "data"), showWarnings = FALSE)
for (name in names(sets)) write.csv(sets[[name]], file.path(home, "data", paste0(name, ".csv")), row.names = FALSE, na = "")

surv_of <- function(d) if (is.null(d$entry)) Surv(d$time, d$status) else Surv(d$entry, d$time, d$status)
thin <- function(n) unique(round(seq(1, n, length.out = min(n, 120))))

# Harrington and Fleming's family for two groups, written out: survdiff knows neither gamma nor left truncation
fleming <- function(d, rho, gamma) {
  groups <- sort(unique(d$group)); entry <- if (is.null(d$entry)) rep(-Inf, nrow(d)) else d$entry
  s <- 1; u <- 0; v <- 0
  for (t in sort(unique(d$time[d$status == 1]))) {
    at_risk <- entry < t & d$time >= t; now <- d$time == t & d$status == 1; second <- d$group == groups[2]
    n <- sum(at_risk); e <- sum(now); share <- sum(at_risk & second) / n; w <- s^rho * (1 - s)^gamma
    u <- u + w * (sum(now & second) - e * share)
    if (n > 1) v <- v + w^2 * e * share * (1 - share) * (n - e) / (n - 1)
    s <- s * (1 - e / n)
  }
  u^2 / v
}
# Firth: the maximum of loglik + log det(information) / 2, its profile limits and likelihood ratio p, by R's optimisers;
# `penalised` takes coefficients of covariates divided by `sds`
firth <- function(set, method, names, sds, penalised) {
  p <- length(sds); lost <- function(b) { v <- tryCatch(-penalised(b), error = function(e) NA); if (is.finite(v)) v else 1e6 }
  best <- function(f, start) { near <- optim(start, f, method = "BFGS", control = list(reltol = 1e-14, maxit = 1000))
    tryCatch(nlm(f, near$par, gradtol = 1e-10, steptol = 1e-12, iterlim = 1000), error = function(e) list(estimate = near$par, minimum = near$value)) }
  found <- best(lost, best(lost, numeric(p))$estimate); top <- -found$minimum; b <- found$estimate
  first <- p - length(names)
  for (j in first + seq_along(names)) {
    held <- function(x) {
      with_held <- function(rest) { full <- numeric(p); full[j] <- x; full[-j] <- rest; lost(full) }
      if (p == 1) -lost(x) else -best(with_held, b[-j])$minimum
    }
    gap <- function(x) held(x) - top + qchisq(.95, 1) / 2
    limit <- function(side) uniroot(gap, sort(c(b[j], b[j] + side * 2)), extendInt = if (side > 0) "downX" else "upX", tol = 1e-11)$root
    key <- names[j - first]
    keep(set, method, "beta", key, b[j] / sds[j]); keep(set, method, "p", key, pchisq(2 * (top - held(0)), 1, lower.tail = FALSE))
    keep(set, method, "log_low", key, limit(-1) / sds[j]); keep(set, method, "log_high", key, limit(1) / sds[j])
  }
}

curve <- function(set, method, fit) {
  for (i in thin(length(fit$time))) {
    t <- num(fit$time[i])
    keep(set, method, "survival", t, fit$surv[i])
    if (fit$surv[i] > 0) {
      keep(set, method, "se", t, if (fit$logse) fit$std.err[i] * fit$surv[i] else fit$std.err[i])
      keep(set, method, "ci_low", t, fit$lower[i]); keep(set, method, "ci_high", t, fit$upper[i])
    }
    keep(set, method, "at_risk", t, fit$n.risk[i])
  }
}
for (set in names(sets)) {
  d <- sets[[set]]; s <- surv_of(d); truncated <- !is.null(d$entry)
  # --- curves, quantiles, follow-up, landmark, RMST
  for (type in c("log-log", "log", "plain")) {
    fit <- survfit(s ~ 1, data = d, conf.type = type)
    curve(set, paste("kaplan-meier", type), fit)
    q <- quantile(fit, c(.25, .5, .75))
    for (j in 1:3) for (item in c("quantile", "lower", "upper"))
      keep(set, paste("quantile r", type), item, c(".25", ".5", ".75")[j], q[[item]][j])
  }
  if (set %in% names(covariates)) {
    curve(set, "kaplan-meier weighted robust", survfit(s ~ 1, data = d, weights = w, conf.type = "log-log"))
    curve(set, "kaplan-meier weighted greenwood", survfit(s ~ 1, data = d, weights = w, conf.type = "log-log", robust = FALSE))
  }
  if (!truncated) {
    fit <- survfit(Surv(time, 1 - status) ~ 1, d, conf.type = "log-log")
    q <- quantile(fit, .5)
    for (item in c("quantile", "lower", "upper")) keep(set, "reverse kaplan-meier", item, ".5", q[[item]])
    for (share in c(.3, .8)) {
      tau <- share * max(d$time)
      if (tau <= min(d$time)) next
      fit <- survfit(s ~ 1, d)
      table <- summary(fit, rmean = tau)$table
      keep(set, "rmst", "value", share, table[["rmean"]]); keep(set, "rmst", "se", share, table[["se(rmean)"]])
      keep(set, "at risk", "n", share, sum(d$time >= tau))
      keep(set, "landmark survival", "value", share, summary(fit, times = tau)$surv)
    }
  }
  # --- two groups at one time, and up to it
  if (!truncated && length(unique(d$group)) == 2) {
    tau <- .3 * max(d$time); halves <- split(d, d$group)
    if (all(sapply(halves, function(g) max(g$time) >= tau && min(g$time) < tau && any(g$status[g$time < tau] == 1)))) {
      parts <- lapply(halves, function(g) { f <- survfit(Surv(time, status) ~ 1, g); m <- summary(f, rmean = tau)$table
        at <- summary(f, times = tau); c(at$surv, at$std.err, m[["rmean"]], m[["se(rmean)"]]) })
      keep(set, "survival difference", "value", "", parts[[2]][1] - parts[[1]][1])
      keep(set, "survival difference", "se", "", sqrt(parts[[2]][2]^2 + parts[[1]][2]^2))
      keep(set, "rmst difference", "value", "", parts[[2]][3] - parts[[1]][3])
      keep(set, "rmst difference", "se", "", sqrt(parts[[2]][4]^2 + parts[[1]][4]^2))
    }
  }
  # --- log-rank family
  if (length(unique(d$group)) == 2 && sum(d$status) > 1 && set %in% names(covariates)) {
    for (w in list(c(0, 0), c(0, 1), c(1, 1), c(.5, 0))) if (truncated || w[2] > 0 || w[1] == .5)
      keep(set, paste0("fleming-harrington", if (truncated) " left-truncated"), "statistic", paste(w, collapse = " "), fleming(d, w[1], w[2]))
    if (!truncated) {
      repeated <- d[rep(seq_len(nrow(d)), 1 + seq_len(nrow(d)) %% 3), ]
      keep(set, "log-rank case weights", "statistic", "", survdiff(Surv(time, status) ~ group, repeated)$chisq)
    }
  }
  if (!truncated && sum(d$status) > 0) {
    for (rho in c(0, 1)) {
      t <- survdiff(Surv(time, status) ~ group, d, rho = rho)
      method <- paste("log-rank rho", rho)
      keep(set, method, "statistic", "", t$chisq); keep(set, method, "p", "", pchisq(t$chisq, length(t$n) - 1, lower.tail = FALSE))
      for (g in seq_along(t$n)) {
        keep(set, method, "observed", g, t$obs[g]); keep(set, method, "expected", g, t$exp[g])
        for (h in seq_along(t$n)) keep(set, method, "covariance", paste(g, h), t$var[g, h])
      }
      if (rho == 0) {
        sc <- seq_along(t$n) - 1
        keep(set, "log-rank trend", "statistic", "", sum(sc * (t$obs - t$exp))^2 / c(sc %*% t$var %*% sc))
        if (length(t$n) == 2 && all(t$obs > 0)) {
          k <- log((t$obs[2] / t$exp[2]) / (t$obs[1] / t$exp[1])); half <- qnorm(.975) * sqrt(sum(1 / t$exp))
          keep(set, "hazard ratio o/e", "value", "", exp(k)); keep(set, "hazard ratio o/e", "ci_low", "", exp(k - half))
          m <- (t$obs[2] - t$exp[2]) / t$var[2, 2]; half <- qnorm(.975) / sqrt(t$var[2, 2])
          keep(set, "hazard ratio mantel-haenszel", "value", "", exp(m)); keep(set, "hazard ratio mantel-haenszel", "ci_high", "", exp(m + half))
        }
      }
    }
    if (length(unique(d$stratum)) > 1) {
      t <- survdiff(Surv(time, status) ~ group + strata(stratum), d)
      keep(set, "log-rank stratified", "statistic", "", t$chisq)
      t <- survdiff(Surv(time, status) ~ group + strata(stratum), d, rho = 1)
      keep(set, "log-rank stratified rho 1", "statistic", "", t$chisq)
    }
  }
}

# --- Cox models
cox_rows <- function(set, method, fit, names, extra = TRUE) {
  for (j in seq_along(names)) {
    keep(set, method, "beta", names[j], coef(fit)[j]); keep(set, method, "se", names[j], sqrt(fit$var[j, j]))
    if (!is.null(fit$naive.var)) keep(set, method, "naive_se", names[j], sqrt(fit$naive.var[j, j]))
  }
  keep(set, method, "loglik", "null", fit$loglik[1]); keep(set, method, "loglik", "model", fit$loglik[2])
  if (extra) { keep(set, method, "score", "", fit$score); keep(set, method, "wald", "", fit$wald.test) }
}
zph_rows <- function(set, fit, label) for (transform in c("km", "identity", "log")) {
  z <- cox.zph(fit, transform)$table
  for (j in seq_len(nrow(z))) keep(set, paste0("ph test ", transform, label), "statistic", rownames(z)[j], z[j, 1])
}
for (set in names(covariates)) {
  names <- covariates[[set]]
  d <- sets[[set]]; d <- d[complete.cases(d[, names, drop = FALSE]), ]; d$row <- seq_len(nrow(d))
  left <- if (is.null(d$entry)) "Surv(time, status)" else "Surv(entry, time, status)"
  f <- as.formula(paste(left, "~", paste(names, collapse = "+")))
  fs <- as.formula(paste(left, "~", paste(c(names, "strata(stratum)"), collapse = "+")))
  fit <- coxph(f, d, control = tight, x = TRUE)
  cox_rows(set, "cox efron", fit, names)
  keep(set, "concordance", "value", "", concordance(fit)$concordance); keep(set, "concordance", "se", "", sqrt(concordance(fit)$var))
  zph_rows(set, fit, "")
  breslow <- coxph(f, d, ties = "breslow", control = tight)
  cox_rows(set, "cox breslow", breslow, names)
  zph_rows(set, breslow, " breslow")
  cox_rows(set, "cox weighted", coxph(f, d, weights = w, control = tight, robust = FALSE), names)
  cox_rows(set, "cox weighted default", coxph(f, d, weights = w, control = tight), names, FALSE)
  cox_rows(set, "cox weighted robust", coxph(f, d, weights = w, control = tight, cluster = row), names, FALSE)
  cox_rows(set, "cox robust", coxph(f, d, control = tight, cluster = row), names, FALSE)
  weighted <- coxph(f, d, weights = w, control = tight, robust = FALSE)
  keep(set, "concordance weighted", "value", "", concordance(weighted)$concordance)
  keep(set, "concordance weighted", "se", "", sqrt(concordance(weighted)$var))
  if (!is.null(d$subject)) {
    cox_rows(set, "cox clustered", coxph(f, d, cluster = subject, control = tight), names, FALSE)
    d$risk_score <- as.numeric(as.matrix(d[, names]) %*% coef(fit))
    c <- concordance(as.formula(paste(left, "~ risk_score")), d, cluster = subject, reverse = TRUE)
    keep(set, "concordance clustered", "value", "", c$concordance); keep(set, "concordance clustered", "se", "", sqrt(c$var))
  }
  if (length(unique(na.omit(d$stratum))) > 1) {
    d2 <- d[!is.na(d$stratum), ]
    stratified <- coxph(fs, d2, control = tight)
    usable <- !is.na(coef(stratified)) & coef(stratified) != 0
    if (all(usable)) {
      cox_rows(set, "cox stratified", stratified, names)
      zph_rows(set, stratified, " stratified")
      keep(set, "concordance stratified", "value", "", concordance(stratified)$concordance)
      keep(set, "concordance stratified", "se", "", sqrt(concordance(stratified)$var))
    }
  }
  for (ties in c("efron", "breslow")) {
    m <- if (ties == "efron") fit else breslow
    mart <- residuals(m, "martingale"); dev <- residuals(m, "deviance")
    b <- as.matrix(residuals(m, "dfbeta")); sc <- as.matrix(residuals(m, "score"))
    for (i in thin(nrow(d))) {
      keep(set, paste("residuals", ties), "martingale", i, mart[i])
      keep(set, paste("residuals", ties), "deviance", i, dev[i])
      keep(set, paste("residuals", ties), "dfbeta", i, b[i, 1]); keep(set, paste("residuals", ties), "score", i, sc[i, 1])
    }
    scaled <- as.matrix(residuals(m, "scaledsch")) # the points of the usual plot
    keep(set, paste("residuals", ties), "scaled schoenfeld", "sum of squares", sum(scaled[, 1]^2))
    sch <- as.matrix(residuals(m, "schoenfeld"))
    keep(set, paste("residuals", ties), "schoenfeld", "sum of squares", sum(sch[, 1]^2))
    p <- survfit(m, newdata = d[1:3, names, drop = FALSE], se.fit = FALSE)
    for (i in thin(length(p$time))[c(TRUE, FALSE, FALSE)]) for (j in 1:3)
      keep(set, paste("predicted survival", ties), num(p$time[i]), j, p$surv[i, j])
  }
}
# profile limits: the log-likelihood with one coefficient held as an offset, solved for its fall
for (set in c("ovarian", "lung", "veteran")) {
  names <- covariates[[set]]; d <- sets[[set]]; d <- d[complete.cases(d[, names]), ]
  fit <- coxph(as.formula(paste("Surv(time, status) ~", paste(names, collapse = "+"))), d, control = tight)
  for (j in seq_along(names)) {
    others <- as.formula(paste("Surv(time, status) ~ offset(held) +", paste(names[-j], collapse = "+")))
    gap <- function(b) { d$held <- b * d[[names[j]]]; coxph(others, d, control = tight)$loglik[2] - fit$loglik[2] + qchisq(.95, 1) / 2 }
    se <- sqrt(fit$var[j, j]); b <- coef(fit)[j]
    keep(set, "profile limits", "ci_low", names[j], exp(uniroot(gap, c(b - 6 * se, b), tol = 1e-13)$root))
    keep(set, "profile limits", "ci_high", names[j], exp(uniroot(gap, c(b, b + 6 * se), tol = 1e-13)$root))
  }
}

# --- a treatment within two subgroups, and the likelihood ratio test of their difference
d <- sets$veteran; d$high <- as.numeric(d$karno >= 60)
for (k in 0:1) keep("veteran", "cox subgroups", "beta", c("low", "high")[k + 1], coef(coxph(Surv(time, status) ~ trt, d, subset = high == k, control = tight)))
both <- list(coxph(Surv(time, status) ~ trt + high, d, control = tight), coxph(Surv(time, status) ~ trt * high, d, control = tight))
keep("veteran", "cox subgroups", "interaction", "p", pchisq(2 * (both[[2]]$loglik[2] - both[[1]]$loglik[2]), 1, lower.tail = FALSE))

# --- competing risks: progression (1) against death without it (2) in mgus2, transplant (1) against death (2) in pbc
competing <- function(set, d, names, old) {
  fit <- survfit(Surv(etime, factor(state)) ~ 1, d); d$id <- seq_len(nrow(d))
  for (i in thin(length(fit$time))) for (cause in 1:2) {
    keep(set, paste("cumulative incidence", cause), "value", num(fit$time[i]), fit$pstate[i, cause + 1])
    keep(set, paste("cumulative incidence", cause), "se", num(fit$time[i]), fit$std.err[i, cause + 1])
  }
  g <- cuminc(d$etime, d$state, d$group)$Tests
  h <- with(d, cuminc(etime, state, group, strata = age > old)$Tests)
  for (cause in 1:2) {
    keep(set, "gray test", "statistic", cause, g[cause, "stat"]); keep(set, "gray test stratified", "statistic", cause, h[cause, "stat"])
    e <- finegray(Surv(etime, factor(state)) ~ ., d, etype = cause)
    f <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", paste(names, collapse = "+"))), e, weights = fgwt, cluster = id, control = tight)
    for (n in names) { keep(set, paste("fine-gray", cause), "beta", n, coef(f)[n]); keep(set, paste("fine-gray", cause), "robust_se", n, sqrt(diag(vcov(f)))[n]) }
  }
}
d <- sets$mgus2
d$etime <- with(d, ifelse(pstat == 1, ptime, time)); d$state <- with(d, ifelse(pstat == 1, 1, 2 * status))
competing("mgus2", d, c("age", "male"), 70)
d <- sets$pbc; d$etime <- d$time
competing("pbc", d, c("age", "edema", "bili"), 50)

# --- interval censoring: inspections every 30 days of the lung data
d <- sets$lung; d$left <- floor(d$time / 30) * 30; d$right <- ifelse(d$status == 1, d$left + 30, NA); d$left <- ifelse(d$status == 1, d$left, d$time)
fit <- survfit(Surv(left, right, type = "interval2") ~ 1, d)
for (t in c(90, 180, 270, 365, 540, 720)) keep("lung", "turnbull", "survival", t, summary(fit, times = t)$surv)

# --- logistic regression
for (set in c("lung", "veteran", "gbsg", "pbc")) {
  names <- covariates[[set]]; d <- sets[[set]]; d <- d[complete.cases(d[, names]), ]; d$early <- as.numeric(d$time < median(d$time))
  fit <- glm(as.formula(paste("early ~", paste(names, collapse = "+"))), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100))
  for (n in names) { keep(set, "logistic", "beta", n, coef(fit)[n]); keep(set, "logistic", "se", n, sqrt(diag(vcov(fit)))[n]) }
}

# --- Firth: Cox (Breslow ties) and logistic; `separated`: no events, or no others, in one level
firth_cox <- function(set, method, d, names) {
  x <- as.matrix(d[, names, drop = FALSE]); sds <- apply(x, 2, sd); x <- scale(x)
  firth(set, method, names, sds, function(b) {
    f <- coxph(Surv(time, status) ~ x, d, ties = "breslow", init = b, control = coxph.control(iter.max = 0))
    f$loglik[2] - as.numeric(determinant(as.matrix(f$var))$modulus) / 2
  })
}
firth_logistic <- function(set, method, y, x) {
  sds <- c(1, apply(as.matrix(x), 2, sd)); names <- names(x); x <- cbind(1, scale(as.matrix(x)))
  firth(set, method, names, sds, function(b) {
    eta <- as.numeric(x %*% b); q <- plogis(eta)
    sum(y * eta - log1p(exp(eta))) + as.numeric(determinant(crossprod(x * sqrt(q * (1 - q))))$modulus) / 2
  })
}
for (set in c("ovarian", "aml", "kidney")) firth_cox(set, "firth cox", sets[[set]], covariates[[set]])
firth_cox("aml", "firth cox separated", transform(sets$aml, status = status * (arm == 0)), "arm")
d <- sets$ovarian; firth_logistic("ovarian", "firth logistic", as.numeric(d$time < 400), d[, c("age", "rx", "resid.ds")])
d <- sets$aml; firth_logistic("aml", "firth logistic separated", as.numeric(d$time < median(d$time)) * d$arm, d["arm"])

# --- two groups made comparable: propensity weights with robust variance, standardisation, standardised differences
for (set in c("gbsg", "pbc")) {
  names <- list(gbsg = c("age", "size", "nodes"), pbc = c("age", "edema", "bili", "albumin"))[[set]]
  d <- sets[[set]]; d$arm <- as.numeric(d$group == max(d$group)); d$id <- seq_len(nrow(d))
  ps <- fitted(glm(as.formula(paste("arm ~", paste(names, collapse = "+"))), binomial, d, control = glm.control(epsilon = 1e-15, maxit = 100)))
  share <- mean(d$arm); cut <- function(w) pmin(pmax(w, quantile(w, .01)), quantile(w, .99))
  weights <- list(ato = ifelse(d$arm == 1, 1 - ps, ps), ate = cut(ifelse(d$arm == 1, share / ps, (1 - share) / (1 - ps))),
                  att = cut(ifelse(d$arm == 1, 1, ps / (1 - ps))))
  for (kind in names(weights)) {
    d$pw <- weights[[kind]]; f <- coxph(Surv(time, status) ~ arm, d, weights = pw, cluster = id, control = tight)
    keep(set, "propensity weights", "beta", kind, coef(f)); keep(set, "propensity weights", "robust_se", kind, sqrt(vcov(f)))
    keep(set, "propensity weights", "effective controls", kind, with(d[d$arm == 0, ], sum(pw)^2 / sum(pw^2)))
  }
  f <- coxph(as.formula(paste("Surv(time, status) ~ arm +", paste(names, collapse = "+"))), d, control = tight)
  for (arm in 0:1) { other <- d; other$arm <- arm
    keep(set, "standardised survival", "value", arm, mean(summary(survfit(f, newdata = other, se.fit = FALSE), times = 1000)$surv)) }
  w <- d$w; t <- d$arm == 1
  gap <- function(x, w) abs(weighted.mean(x[t], w[t]) - weighted.mean(x[!t], w[!t])) / sqrt((var(x[t]) + var(x[!t])) / 2)
  keep(set, "standardised difference", "number", "age", gap(d$age, rep(1, nrow(d)))); keep(set, "standardised difference", "weighted", "age", gap(d$age, w))
  x <- as.numeric(d$age > 50); a <- mean(x[t]); b <- mean(x[!t])
  keep(set, "standardised difference", "flag", "age > 50", abs(a - b) / sqrt((a * (1 - a) + b * (1 - b)) / 2))
  level <- findInterval(d$age, c(45, 60)); a <- sapply(1:2, function(k) mean(level[t] == k)); b <- sapply(1:2, function(k) mean(level[!t] == k))
  spread <- (diag(a) - a %o% a + diag(b) - b %o% b) / 2
  keep(set, "standardised difference", "levels", "age 45, 60", sqrt((a - b) %*% solve(spread, a - b)))
}

# --- two samples, counts, proportions, quantiles, multiplicity
for (set in c("lung", "veteran", "ovarian", "gbsg", "rotterdam", "pbc")) {
  d <- sets[[set]]; a <- d$age[d$group == sort(unique(d$group))[1]]; b <- d$age[d$group == sort(unique(d$group))[2]]
  keep(set, "two samples", "ranksum", "", wilcox.test(a, b, exact = FALSE, correct = TRUE)$p.value)
  keep(set, "two samples", "t", "", t.test(a, b, var.equal = TRUE)$p.value)
  keep(set, "two samples", "t with one alone", "", t.test(a[1], b, var.equal = TRUE)$p.value)
  keep(set, "two samples", "welch", "", t.test(a, b)$p.value)
  keep(set, "two samples", "kruskal", "", kruskal.test(list(a, b))$p.value)
  for (p in c(.25, .5, .75)) { keep(set, "sample quantile", "sas5", p, quantile(a, p, type = 2)); keep(set, "sample quantile", "r7", p, quantile(a, p, type = 7)) }
}
tables <- list(c(28, 26, 24, 15), c(49, 5, 34, 5), c(22, 32, 10, 28), c(15, 39, 3, 35), c(7, 47, 0, 39), c(120, 80, 90, 130))
for (x in tables) {
  m <- matrix(x, 2, byrow = TRUE); key <- paste(x, collapse = " ")
  keep("counts", "2 x 2 test", "yates", key, chisq.test(m)$p.value); keep("counts", "2 x 2 test", "pearson", key, chisq.test(m, correct = FALSE)$p.value)
  keep("counts", "2 x 2 test", "fisher", key, fisher.test(m)$p.value)
  a <- x[1]; n <- x[1] + x[2]
  keep("counts", "proportion", "clopper_pearson low", key, binom.test(a, n)$conf.int[1]); keep("counts", "proportion", "clopper_pearson high", key, binom.test(a, n)$conf.int[2])
  keep("counts", "proportion", "wilson low", key, prop.test(a, n, correct = FALSE)$conf.int[1]); keep("counts", "proportion", "wilson high", key, prop.test(a, n, correct = FALSE)$conf.int[2])
  b <- x[3]; k <- x[3] + x[4]; u <- prop.test(a, n, correct = FALSE)$conf.int; v <- prop.test(b, k, correct = FALSE)$conf.int
  gap <- a / n - b / k
  keep("counts", "newcombe difference", "low", key, gap - sqrt((a / n - u[1])^2 + (v[2] - b / k)^2))
  keep("counts", "newcombe difference", "high", key, gap + sqrt((u[2] - a / n)^2 + (b / k - v[1])^2))
}
for (x in list(c(13, 9, 17, 13, 12, 9, 8, 6, 4, 2), c(5, 1, 2, 8, 0, 3, 4, 4, 9, 1), c(3, 1, 4, 2, 5, 3, 1, 2, 6, 0, 7, 2))) {
  m <- matrix(x, length(x) / 2, byrow = TRUE); key <- paste(x, collapse = " ")
  keep("counts", "r x 2 test", "fisher", key, fisher.test(m)$p.value); keep("counts", "r x 2 test", "pearson", key, chisq.test(m)$p.value)
}
for (x in list(c(13, 17, 12, 8, 4, 9, 13, 9, 6, 2), c(5, 2, 0, 4, 9, 1, 8, 3, 4, 1), c(3, 9, 8, 2))) {
  m <- matrix(x, 2, byrow = TRUE)
  keep("counts", "cochran-armitage", "p", paste(x, collapse = " "), prop.trend.test(m[1, ], colSums(m))$p.value)
}
# --- months that rounding has pulled apart in the last digit (timefix)
d <- sets$lung; d$month <- d$time / 30 * (1 + (seq_len(nrow(d)) %% 3) * 1e-14)
fit <- survfit(Surv(month, status) ~ 1, d)
keep("lung", "times apart by rounding", "rows", "", length(fit$time)); keep("lung", "times apart by rounding", "survival", "sum", sum(fit$surv))
keep("lung", "times apart by rounding", "log-rank", "", survdiff(Surv(month, status) ~ group, d)$chisq)
fit <- coxph(Surv(month, status) ~ age + sex, d, control = tight)
for (n in c("age", "sex")) keep("lung", "times apart by rounding", "cox", n, coef(fit)[n])
p <- c(.001, .04, .03, .2, .0499, .8, .012)
for (i in seq_along(p)) { keep("counts", "multiplicity", "holm", i, p.adjust(p, "holm")[i]); keep("counts", "multiplicity", "bh", i, p.adjust(p, "BH")[i]) }

golden <- setNames(as.data.frame(do.call(rbind, rows)), c("set", "method", "item", "key", "value"))
out <- gzfile(file.path(home, "golden.csv.gz"), "wb", compression = 9)
write.csv(golden, out, row.names = FALSE, quote = TRUE, na = "")
close(out)
writeLines(c(R.version.string, paste("survival", packageVersion("survival")), paste("cmprsk", packageVersion("cmprsk"))), file.path(home, "versions.txt"))
cat(nrow(golden), "golden values\n")
