"""Which new video deserves the next look: Thompson sampling, as the odds that each is the best of them.

Each video's take rate has a Beta posterior: a prior about the rate that its score promises, and what became of the
times it was shown (Chapelle and Li 2011). A slot drawn by the odds that a sample of one exceeds those of all others is
a Thompson draw; the odds come of samples that are the same for all requests, so the propensities are exact.
"""

import numpy as np

from recsys.schema import Doubles

PRIOR = 20.0
"""How many times shown the prior is worth."""
PROMISE = 0.5
"""How far a score one standard deviation above the others' lifts the prior rate, as a logarithm."""
RATE = 0.05
"""The take rate of new videos before any was shown."""
SURE = 1_000.0
"""How many times shown that rate is worth; all videos together correct it."""
SAMPLES = 256


def odds(scores: Doubles, shown: Doubles, taken: Doubles) -> Doubles:
    """(n,) odds of each to be the best, above 0, sum 1.

    Args:
        scores: (n,) of the model.
        shown: (n,) how often each was shown.
        taken: (n,) how often it was taken; at most as often as shown counts.

    >>> odds(np.zeros(2), np.array([50.0, 50.0]), np.array([20.0, 0.0])).round(1).tolist()
    [1.0, 0.0]
    """
    taken = np.minimum(taken, shown)
    overall = (RATE * SURE + taken.sum()) / (SURE + shown.sum())
    spread = float(scores.std()) or 1.0
    promised = np.clip(overall * np.exp(PROMISE * (scores - scores.mean()) / spread), 1e-4, 0.9)
    for_, against = PRIOR * promised + taken, PRIOR * (1 - promised) + shown - taken
    samples = np.random.default_rng(0).beta(for_, against, (SAMPLES, len(scores)))
    wins = np.bincount(samples.argmax(1), minlength=len(scores)).astype(np.float64)
    smoothed: Doubles = wins + 1 / len(scores)  # one without a win may still be the best
    return smoothed / smoothed.sum()
