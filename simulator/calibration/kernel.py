"""Survival and logistic statistics on arrays sorted by time, small enough to run a million times.

Written apart from the analysis package, so that a cohort is not calibrated against the code that later reports it.
Limits are 95 % limits on the log scale; quantiles follow R survival; Cox uses Efron's handling of ties.
"""

from __future__ import annotations

import numpy as np

from simulator.calibration.compiled import compiled

Z = 1.959963984540054
_TOLERANCE = 1e-9


@compiled
def km_median(time, event):
    """Median with limits (nan: not reached), and the lowest S and the lowest upper limit where S > 0."""
    n = time.size
    s, v = 1.0, 0.0
    median, low, high = np.nan, np.nan, np.nan
    flat = np.nan
    floor, upper_floor = 1.0, 1.0
    i = 0
    while i < n:
        j, d = i, 0
        while j < n and time[j] == time[i]:
            d += event[j]
            j += 1
        r = n - i
        if d > 0:
            s *= 1.0 - d / r
            v += d / (r * (r - d)) if r > d else np.inf
            t = float(time[i])
            floor = min(floor, s)
            if np.isnan(median):
                if abs(s - 0.5) < _TOLERANCE:
                    if np.isnan(flat):
                        flat = t
                elif s < 0.5:
                    median = t if np.isnan(flat) else (flat + t) / 2
            if s > 0:
                se = np.sqrt(v)
                if np.isnan(low) and s * np.exp(-Z * se) <= 0.5:
                    low = t
                upper = min(1.0, s * np.exp(Z * se))
                upper_floor = min(upper_floor, upper)
                if np.isnan(high) and upper <= 0.5:
                    high = t
        i = j
    if np.isnan(median) and not np.isnan(flat):
        median = (flat + time[n - 1]) / 2
    return median, low, high, floor, upper_floor


@compiled
def cox(time, event, x, m, p, beta, se):
    """Efron Cox fit of the first `m` rows and `p` columns of `x`; `beta` (start value) and `se` are filled.

    Returns whether the fit converged; a monotone likelihood does not.
    """
    s1, d1, xs, u = np.zeros(p), np.zeros(p), np.zeros(p), np.zeros(p)
    s2, d2, info = np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    converged = False
    for _ in range(30):
        s0 = 0.0
        s1[:] = 0.0
        s2[:] = 0.0
        u[:] = 0.0
        info[:] = 0.0
        i = m - 1
        while i >= 0:
            j, d, d0 = i, 0, 0.0
            d1[:] = 0.0
            d2[:] = 0.0
            xs[:] = 0.0
            while j >= 0 and time[j] == time[i]:
                eta = 0.0
                for a in range(p):
                    eta += beta[a] * x[j, a]
                r = np.exp(eta)
                s0 += r
                if event[j] == 1:
                    d += 1
                    d0 += r
                for a in range(p):
                    ra = r * x[j, a]
                    s1[a] += ra
                    if event[j] == 1:
                        d1[a] += ra
                        xs[a] += x[j, a]
                    for c in range(a + 1):
                        s2[a, c] += ra * x[j, c]
                        if event[j] == 1:
                            d2[a, c] += ra * x[j, c]
                j -= 1
            for k in range(d):
                f = k / d
                z0 = s0 - f * d0
                for a in range(p):
                    za = (s1[a] - f * d1[a]) / z0
                    u[a] -= za
                    for c in range(a + 1):
                        info[a, c] += (s2[a, c] - f * d2[a, c]) / z0 - za * (s1[c] - f * d1[c]) / z0
            for a in range(p):
                u[a] += xs[a]
            i = j
        for a in range(p):
            info[a, a] += 1e-10
            for c in range(a):
                info[c, a] = info[a, c]
        step = np.linalg.solve(info, u)
        largest = 0.0
        for a in range(p):
            change = min(2.0, max(-2.0, step[a]))
            beta[a] += change
            largest = max(largest, abs(change))
        if largest < 1e-7:
            converged = True
            break
        if np.max(np.abs(beta[:p])) > 12:
            break
    if not converged:
        beta[:] = 0.0
        se[:] = 1e3
        return False
    covariance = np.linalg.inv(info)
    for a in range(p):
        se[a] = np.sqrt(covariance[a, a])
    return True


@compiled
def events_by_time(time, event, in_a, m, table):
    """Fill rows of `table` (events, of group a, at risk, of group a); returns the number of event times."""
    at_risk, at_risk_a = m, 0
    for i in range(m):
        at_risk_a += in_a[i]
    i, rows = 0, 0
    while i < m:
        j, d, d_a, left_a = i, 0, 0, 0
        while j < m and time[j] == time[i]:
            d += event[j]
            d_a += event[j] * in_a[j]
            left_a += in_a[j]
            j += 1
        if d > 0:
            table[rows, 0], table[rows, 1], table[rows, 2], table[rows, 3] = d, d_a, at_risk, at_risk_a
            rows += 1
        at_risk -= j - i
        at_risk_a -= left_a
        i = j
    return rows


@compiled
def logrank(table, rows):
    """Observed and expected events of group a and the hypergeometric variance, from `events_by_time`."""
    observed, expected, variance = 0.0, 0.0, 0.0
    for k in range(rows):
        d, n = table[k, 0], table[k, 2]
        share = table[k, 3] / n
        observed += table[k, 1]
        expected += d * share
        if n > 1:
            variance += d * share * (1 - share) * (n - d) / (n - 1)
    return observed, expected, variance


@compiled
def cox_binary(table, rows):
    """Log hazard ratio of group a and its standard error (Efron), from `events_by_time`; (0, 1000) if not finite."""
    beta, info = 0.0, 1.0
    for _ in range(30):
        r = np.exp(beta)
        score, info = 0.0, 0.0
        for k in range(rows):
            d, d_a, n, n_a = table[k, 0], table[k, 1], table[k, 2], table[k, 3]
            score += d_a
            for tied in range(int(d)):
                f = tied / d
                in_a = r * (n_a - f * d_a)
                share = in_a / (in_a + n - n_a - f * (d - d_a))
                score -= share
                info += share * (1 - share)
        if info < 1e-9 or abs(beta) > 12:
            return 0.0, 1e3
        step = min(2.0, max(-2.0, score / info))
        beta += step
        if abs(step) < 1e-7:
            break
    return beta, 1 / np.sqrt(info)


@compiled
def logistic(x, y):
    """Slope and its standard error of a logistic regression with an intercept."""
    b0, b1, s0, s1 = 0.0, 0.0, 0.0, 0.0
    a, b, c = 1.0, 0.0, 1.0
    for _ in range(40):
        u0, u1, a, b, c = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(x.size):
            p = 1 / (1 + np.exp(-(b0 + b1 * x[i])))
            w = p * (1 - p)
            u0 += y[i] - p
            u1 += (y[i] - p) * x[i]
            a += w
            b += w * x[i]
            c += w * x[i] * x[i]
        det = a * c - b * b
        if det < 1e-12:
            return 0.0, 1e3
        s0 = (c * u0 - b * u1) / det
        s1 = (a * u1 - b * u0) / det
        b0 += s0
        b1 += s1
        if abs(s0) + abs(s1) < 1e-9:
            break
    return b1, np.sqrt(a / (a * c - b * b))


@compiled
def miss(value, low, high, scale):
    """Penalty for lying outside [low, high]: square up to one `scale`, then linear. No window (nan) costs nothing."""
    if np.isnan(low):
        return 0.0
    d = 0.0
    if value < low:
        d = (low - value) / scale
    elif value > high:
        d = (value - high) / scale
    return d * d if d <= 1 else 2 * d - 1
