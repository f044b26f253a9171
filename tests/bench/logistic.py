"""Ridge logistic regression by Newton's method, which fits the models of the calibration scripts beside this one."""

import numpy as np
from numpy.typing import NDArray

STEPS = 40
FREE = 1e-6  # the penalty on the intercept, which keeps the steps from running away and nothing else

Floats = NDArray[np.float64]


def fit_logistic(signals: Floats, outcomes: Floats, weight: Floats, *, ridge: float) -> tuple[Floats, float]:
    """The log-odds for a unit of each signal, and the intercept.

    `signals` (cases, signals), `outcomes` (cases, 0 or 1) and the `weight` of each case; `ridge` is the penalty on
    standardised coefficients, in observations.
    """
    mean, spread = signals.mean(axis=0), signals.std(axis=0)
    spread[spread == 0] = 1
    x = np.column_stack([np.ones(len(signals)), (signals - mean) / spread])
    penalty = np.diag([FREE, *[ridge] * signals.shape[1]])
    b = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-x @ b))
        slope = x.T @ (weight * (p - outcomes)) + penalty @ b
        b -= np.linalg.solve((x.T * (weight * p * (1 - p))) @ x + penalty, slope)
    slopes = b[1:] / spread
    return slopes, float(b[0] - slopes @ mean)
