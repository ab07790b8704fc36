"""One Newton step of a fit from a start near its end, which is all it takes to price a small change of a cohort.

The same partial likelihood as in kernel (Efron's handling of ties), written for speed: slots stay in place and come
in the order of their times, nothing is sorted or copied, and sums run in four fixed lanes, so that the cohort a seed
ends in does not hang on the width of the processor's vectors. A start that is the last estimate makes the step exact
to the second order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from studies.cd20_salvage.calibration.compiled import compiled
from studies.cd20_salvage.calibration.kernel import WIDTH

NO_INFORMATION = 1e-9
FAR = 1e3  # standard error of an estimate that is not finite
PADDED = 96  # slots, up to the next multiple of the four lanes in which sums run
UNKNOWN = 2  # code of a factor that is not known, beside 0 and 1


class Scratch(NamedTuple):
    """Working memory of `step_model`; `beta` and `error` hold its result."""

    beta: np.ndarray
    error: np.ndarray
    score: np.ndarray
    change: np.ndarray
    information: np.ndarray
    means: np.ndarray  # of the columns among those at risk, an event a column
    weights: np.ndarray  # of the slots' second moments
    hazards: np.ndarray
    weighted: np.ndarray


def scratch() -> Scratch:
    """Memory for models of up to WIDTH columns."""
    return Scratch(
        *(np.zeros(WIDTH) for _ in range(4)),
        np.zeros((WIDTH, WIDTH)),
        np.zeros((WIDTH, PADDED)),
        *(np.zeros(PADDED) for _ in range(3)),
    )


@compiled
def bounded(step):
    """A step that does not run away where the likelihood is flat."""
    return min(1.0, max(-1.0, step))


@compiled
def step_binary(code, order, time, event, start):
    """Log hazard ratio of `code` 1 against 0 and its standard error, one step from `start`.

    `order` lists the slots that count by rising time; a slot with UNKNOWN is left out.
    """
    ratio, score, information = np.exp(start), 0.0, 0.0
    without, with_, k = 0.0, 0.0, order.size - 1
    while k >= 0:
        now, d_without, d_with = time[order[k]], 0.0, 0.0
        while k >= 0:
            i = order[k]
            if time[i] != now:
                break
            if code[i] == 1:
                with_ += 1.0
                d_with += event[i]
            elif code[i] == 0:
                without += 1.0
                d_without += event[i]
            k -= 1
        d = d_without + d_with
        if d == 1.0:
            share = ratio * with_ / (ratio * with_ + without)
            score += d_with - share
            information += share * (1 - share)
        elif d > 0:
            score += d_with
            for tied in range(int(d)):
                f = tied / d
                at_risk = ratio * (with_ - f * d_with)
                share = at_risk / (at_risk + without - f * d_without)
                score -= share
                information += share * (1 - share)
    if information < NO_INFORMATION:
        return 0.0, FAR
    return start + bounded(score / information), 1 / np.sqrt(information)


@compiled
def step_number(x, order, time, event, start):
    """As `step_binary` for a number, known of every slot in `order`."""
    score, information, s0, s1, s2 = 0.0, 0.0, 0.0, 0.0, 0.0
    k = order.size - 1
    while k >= 0:
        now, d, d0, d1, d2 = time[order[k]], 0, 0.0, 0.0, 0.0
        while k >= 0:
            i = order[k]
            if time[i] != now:
                break
            risk = np.exp(start * x[i])
            s0 += risk
            s1 += risk * x[i]
            s2 += risk * x[i] * x[i]
            if event[i] == 1:
                d += 1
                d0 += risk
                d1 += risk * x[i]
                d2 += risk * x[i] * x[i]
                score += x[i]
            k -= 1
        for tied in range(d):
            f = tied / d
            q = 1 / (s0 - f * d0)
            mean = (s1 - f * d1) * q
            score -= mean
            information += (s2 - f * d2) * q - mean * mean
    if information < NO_INFORMATION:
        return 0.0, FAR
    return start + bounded(score / information), 1 / np.sqrt(information)


@compiled
def sum_moments(columns, counted, failed, events, s):
    """Score and lower triangle of the information from weights of slots and means of events, in four lanes.

    `counted` and `events` are multiples of four; what pads them is 0.
    """
    x, w, y, z = columns, s.weights, s.means, s.weighted
    for a in range(WIDTH):
        v0, v1, v2, v3 = 0.0, 0.0, 0.0, 0.0
        for i in range(0, counted, 4):
            z[i] = w[i] * x[a, i]
            z[i + 1] = w[i + 1] * x[a, i + 1]
            z[i + 2] = w[i + 2] * x[a, i + 2]
            z[i + 3] = w[i + 3] * x[a, i + 3]
            v0 += failed[i] * x[a, i]
            v1 += failed[i + 1] * x[a, i + 1]
            v2 += failed[i + 2] * x[a, i + 2]
            v3 += failed[i + 3] * x[a, i + 3]
        for e in range(0, events, 4):
            v0 -= y[a, e]
            v1 -= y[a, e + 1]
            v2 -= y[a, e + 2]
            v3 -= y[a, e + 3]
        s.score[a] = (v0 + v1) + (v2 + v3)
        for c in range(a + 1):
            v0, v1, v2, v3 = 0.0, 0.0, 0.0, 0.0
            for i in range(0, counted, 4):
                v0 += z[i] * x[c, i]
                v1 += z[i + 1] * x[c, i + 1]
                v2 += z[i + 2] * x[c, i + 2]
                v3 += z[i + 3] * x[c, i + 3]
            for e in range(0, events, 4):
                v0 -= y[a, e] * y[c, e]
                v1 -= y[a, e + 1] * y[c, e + 1]
                v2 -= y[a, e + 2] * y[c, e + 2]
                v3 -= y[a, e + 3] * y[c, e + 3]
            s.information[a, c] = (v0 + v1) + (v2 + v3)


@compiled
def step_model(columns, risk, failed, order, time, size, start, s):
    """Coefficients and standard errors of the first `size` of WIDTH columns, one step from `start`, in `s`.

    columns   (WIDTH, PADDED) values of the slots
    risk      (slots,) exp of their linear predictor at `start`; 0 where a value is not known
    failed    (PADDED,) 1.0 for an event of a slot whose values are all known
    Returns whether the information is positive definite. The sums over those at risk are kept in variables: this is
    where a search spends its time.
    """
    y, hazards, weights = s.means, s.hazards, s.weights
    s0, k, n, m = 0.0, order.size - 1, 0, order.size
    c0, c1, c2, c3, c4, c5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    while k >= 0:
        now, top, d, d0 = time[order[k]], k, 0.0, 0.0
        e0, e1, e2, e3, e4, e5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        while k >= 0:
            i = order[k]
            if time[i] != now:
                break
            r, g = risk[i], risk[i] * failed[i]
            s0 += r
            c0 += r * columns[0, i]
            c1 += r * columns[1, i]
            c2 += r * columns[2, i]
            c3 += r * columns[3, i]
            c4 += r * columns[4, i]
            c5 += r * columns[5, i]
            d += failed[i]
            d0 += g
            e0 += g * columns[0, i]
            e1 += g * columns[1, i]
            e2 += g * columns[2, i]
            e3 += g * columns[3, i]
            e4 += g * columns[4, i]
            e5 += g * columns[5, i]
            k -= 1
        hazard, cut = 0.0, 0.0
        for tied in range(int(d)):
            f = tied / d
            q = 1.0 / (s0 - f * d0)
            hazard += q
            cut += f * q
            y[0, n], y[1, n], y[2, n] = (c0 - f * e0) * q, (c1 - f * e1) * q, (c2 - f * e2) * q
            y[3, n], y[4, n], y[5, n] = (c3 - f * e3) * q, (c4 - f * e4) * q, (c5 - f * e5) * q
            n += 1
        for j in range(k + 1, top + 1):  # Efron: the tied events leave one after the other
            hazards[j] = 0.0
            weights[order[j]] = -cut * failed[order[j]]
        hazards[k + 1] = hazard
    total = 0.0
    for j in range(m):
        i = order[j]
        total += hazards[j]
        weights[i] = (total + weights[i]) * risk[i]
    while n % 4:
        for a in range(WIDTH):
            y[a, n] = 0.0
        n += 1
    sum_moments(columns, (m + 3) // 4 * 4, failed, n, s)
    return take_step(size, start, s)


@compiled
def take_step(size, start, s):
    """Fill `s.beta` and `s.error` from score and information; whether the information is positive definite."""
    factor, y = s.information, s.change
    for i in range(size):  # Cholesky, the diagonal as reciprocals
        for j in range(i + 1):
            v = factor[i, j]
            for q in range(j):
                v -= factor[i, q] * factor[j, q]
            if i > j:
                factor[i, j] = v * factor[j, j]
            elif v > 1e-10:
                factor[i, i] = 1.0 / np.sqrt(v)
            else:
                return False
    for i in range(size):
        v = s.score[i]
        for q in range(i):
            v -= factor[i, q] * y[q]
        y[i] = v * factor[i, i]
    for back in range(size):
        i = size - 1 - back
        v = y[i]
        for q in range(i + 1, size):
            v -= factor[q, i] * y[q]
        y[i] = v * factor[i, i]
    for a in range(size):
        s.beta[a] = start[a] + bounded(y[a])
    for a in range(size):  # the column of the inverse factor, whose square is the variance
        variance = 0.0
        for i in range(a, size):
            v = 1.0 if i == a else 0.0
            for q in range(a, i):
                v -= factor[i, q] * y[q]
            v *= factor[i, i]
            y[i] = v
            variance += v * v
        s.error[a] = np.sqrt(variance)
    return True
