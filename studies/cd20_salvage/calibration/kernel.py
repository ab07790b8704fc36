"""Survival and logistic statistics on arrays sorted by time, small enough to run a million times.

Written apart from the analysis package, so that a cohort is not calibrated against the code that later reports it.
Limits are 95 % limits on the log scale; quantiles follow R survival; Cox uses Efron's handling of ties.
"""

from __future__ import annotations

import numpy as np

from studies.cd20_salvage.calibration.compiled import compiled

Z = 1.959963984540054
WIDTH = 6  # columns of the largest model; known when compiled, so that loops over them are unrolled
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
def cox(time, event, x, m, p, beta, se, tolerance=1e-7):
    """Efron Cox fit of the first `m` rows and `p` columns of `x`; `beta` (start value) and `se` are filled.

    `x` has WIDTH columns, 0 from `p` on. The second moments are summed over patients, each with the cumulative hazard
    of the times until the own one, and not over the risk sets anew at every time. Stops when no coefficient moved by
    more than `tolerance`. Returns whether the fit converged; a monotone likelihood does not.
    """
    risk, hazard = np.empty(m), np.empty(m)
    s1, d1, u, y = np.zeros(WIDTH), np.zeros(WIDTH), np.zeros(WIDTH), np.zeros(WIDTH)
    info = np.zeros((WIDTH, WIDTH))
    for _ in range(30):
        s0, k = 0.0, m - 1
        s1[:] = 0.0
        u[:] = 0.0
        info[:] = 0.0
        while k >= 0:  # back from the last time: who is at risk, and what each event takes off
            j, d, d0 = k, 0, 0.0
            d1[:] = 0.0
            while j >= 0 and time[j] == time[k]:
                eta = 0.0
                for a in range(WIDTH):
                    eta += beta[a] * x[j, a]
                r = np.exp(eta)
                risk[j] = r
                s0 += r
                for a in range(WIDTH):
                    s1[a] += r * x[j, a]
                if event[j] == 1:
                    d += 1
                    d0 += r
                    for a in range(WIDTH):
                        d1[a] += r * x[j, a]
                        u[a] += x[j, a]
                j -= 1
            whole, cut = 0.0, 0.0
            for tied in range(d):
                f = tied / d
                q = 1.0 / (s0 - f * d0)
                whole += q
                cut += f * q
                for a in range(WIDTH):
                    y[a] = (s1[a] - f * d1[a]) * q
                for a in range(WIDTH):
                    u[a] -= y[a]
                    for c in range(WIDTH):
                        info[a, c] -= y[a] * y[c]
            for i in range(j + 1, k + 1):
                hazard[i] = whole
                if cut > 0 and event[i] == 1:  # Efron: the tied events leave one after the other
                    for a in range(WIDTH):
                        for c in range(WIDTH):
                            info[a, c] -= cut * risk[i] * x[i, a] * x[i, c]
            k = j
        total = 0.0
        for i in range(m):
            if i == 0 or time[i] != time[i - 1]:
                total += hazard[i]
            weight = total * risk[i]
            for a in range(WIDTH):
                if x[i, a] != 0.0:
                    for c in range(WIDTH):
                        info[a, c] += weight * x[i, a] * x[i, c]
        for a in range(p, WIDTH):
            info[a, a] = 1.0
        if not factorise(info):
            break
        solve(info, u, y)
        largest = 0.0
        for a in range(p):
            change = min(2.0, max(-2.0, y[a]))
            beta[a] += change
            largest = max(largest, abs(change))
        if largest < tolerance:
            for a in range(p):
                u[:] = 0.0
                u[a] = 1.0
                solve(info, u, y)
                se[a] = np.sqrt(y[a])
            return True
        if np.max(np.abs(beta[:p])) > 12:
            break
    beta[:] = 0.0
    se[:] = 1e3
    return False


@compiled
def factorise(a):
    """Cholesky factor in the lower triangle of `a`, in place; whether `a` was positive definite."""
    for i in range(WIDTH):
        for j in range(i + 1):
            v = a[i, j]
            for k in range(j):
                v -= a[i, k] * a[j, k]
            if i > j:
                a[i, j] = v / a[j, j]
            elif v > 1e-10:
                a[i, i] = np.sqrt(v)
            else:
                return False
    return True


@compiled
def solve(factor, b, y):
    """Fill `y` with the solution of A y = b, given the Cholesky factor of A."""
    for i in range(WIDTH):
        v = b[i]
        for k in range(i):
            v -= factor[i, k] * y[k]
        y[i] = v / factor[i, i]
    for back in range(WIDTH):
        i = WIDTH - 1 - back
        v = y[i]
        for k in range(i + 1, WIDTH):
            v -= factor[k, i] * y[k]
        y[i] = v / factor[i, i]


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
def cox_binary(table, rows, beta=0.0, tolerance=1e-7):
    """Log hazard ratio of group a and its standard error (Efron), from `events_by_time`; (0, 1000) if not finite.

    Newton's steps from `beta` until one is less than `tolerance`.
    """
    info = 1.0
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
        if abs(step) < tolerance:
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
