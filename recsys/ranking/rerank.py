"""Order candidates anew so that a list is varied (MMR, DPP), or mixed as the viewer's own past is (calibration).

Everywhere, candidates come best first, with (n_candidates,) scores that do not increase, higher better, on no fixed
scale, and `tags`, (n_candidates, n_tags) vectors >= 0. A method picks one video after another and returns the positions
picked, (min(n, n_candidates),) int32. `strength` is 0 to 1: at 0 the order is that of the input, exactly; at 1 scores
only break ties. Scores are brought to 0 to 1 over the candidates, so what a strength does depends on how many there
are; 100 for a list of 10 is usual. Of equal gains the better-scored video wins.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from recsys.errors import ConfigError, require
from recsys.schema import Doubles, Floats, Rows

SMOOTHING = 0.01
"""Share of the viewer's own mix in the list's, so that the divergence stays finite (Steck 2018, alpha)."""
NOTHING_NEW = 1e-9
"""What is left of a video beside those picked, as a squared length, below which it adds nothing."""
MOST = 5_000
"""Candidates at most: the similarities of all pairs are held at once."""


def mmr(scores: Floats, tags: sparse.csr_array, n: int, strength: float) -> Rows:
    """Maximal marginal relevance (Carbonell and Goldstein 1998): each pick far from its nearest among those picked.

    The gain of a video is (1 - strength) · score - strength · the highest cosine with a picked one. A video without
    tags is like no other.

    Raises:
        DataError: scores are not finite or increase, or lengths differ.
        ConfigError: `strength` outside 0 and 1, or n below 0.

    >>> tags = sparse.csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> mmr(np.array([3.0, 2.0, 1.0]), tags, 3, 0.5).tolist(), mmr(np.array([3.0, 2.0, 1.0]), tags, 3, 0).tolist()
    ([0, 2, 1], [0, 1, 2])
    """
    relevance = _checked(scores, tags, n, strength)
    if not strength:
        return _as_given(scores, n)
    alike = similarities(tags)
    nearest = np.zeros(len(scores))

    def gain() -> Doubles:
        return (1 - strength) * relevance - strength * nearest

    def picked(at: int) -> None:
        np.maximum(nearest, alike[at], out=nearest)

    return _greedy(gain, picked, len(scores), n)


def dpp(scores: Floats, tags: sparse.csr_array, n: int, strength: float) -> Rows:
    """Greedy most probable set of a determinantal point process (Chen, Zhang and Zhou 2018, algorithm 1).

    The gain of a video is (1 - strength) · score + strength · log of the squared length of what is left of its tag
    vector beside those picked: twice as many alike videos do not count twice. The kernel is diag(q) S diag(q), S the
    cosines and q = exp(score · (1 - strength) / (2 · strength)), as in the paper; the scores are kept out of the
    factorization, so they cannot overflow it. Where nothing adds anything any more, the rest comes in the input's
    order.

    Raises:
        DataError, ConfigError: see `mmr`.

    >>> tags = sparse.csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> dpp(np.array([3.0, 2.0, 1.0]), tags, 3, 0.5).tolist()
    [0, 2, 1]
    """
    relevance = _checked(scores, tags, n, strength)
    if not strength:
        return _as_given(scores, n)
    alike = similarities(tags)
    left, rows = np.ones(len(scores)), np.zeros((min(n, len(scores)), len(scores)))
    n_picked = 0

    def gain() -> Doubles:
        with np.errstate(divide="ignore"):
            return (1 - strength) * relevance + strength * np.log(np.where(left > NOTHING_NEW, left, 0))

    def picked(at: int) -> None:
        nonlocal n_picked
        if left[at] > NOTHING_NEW:
            rows[n_picked] = (alike[at] - rows[:n_picked, at] @ rows[:n_picked]) / np.sqrt(left[at])
            np.maximum(left - rows[n_picked] ** 2, 0, out=left)
            n_picked += 1

    return _greedy(gain, picked, len(scores), n)


def calibrate(scores: Floats, tags: sparse.csr_array, mix: Doubles, n: int, strength: float) -> Rows:
    """Calibrated recommendation (Steck 2018, equation 7): a list whose tags are mixed as the viewer's past is.

    Each pick maximises (1 - strength) · sum of scores - strength · KL(mix || (1 - a) list + a mix) with a =
    `SMOOTHING`: the divergence that `recsys.evaluation.list_metrics.calibration` measures. Videos without tags do not
    move the list's mix.

    Args:
        scores: see the module.
        tags: see the module.
        mix: (n_tags,) >= 0, the viewer's own; see `tag_mix`. If nothing is in it, the order stays.
        n: how many.
        strength: 0 to 1.

    Raises:
        DataError, ConfigError: see `mmr`.

    >>> tags = sparse.csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> calibrate(np.array([3.0, 2.0, 1.0]), tags, np.array([0.5, 0.5]), 2, 0.9).tolist()
    [0, 2]
    """
    relevance = _checked(scores, tags, n, strength)
    require(len(mix) == tags.shape[1], f"{len(mix)} values of mix for {tags.shape[1]} tags")
    if not strength or mix.sum() <= 0:
        return _as_given(scores, n)
    wanted = np.flatnonzero(mix > 0)
    goal = mix[wanted] / mix[wanted].sum()
    shares = sum_to_one(tags)
    tagged, inside = np.asarray(shares.sum(1)).ravel(), shares[:, wanted].toarray()  # (n_candidates, n_wanted)
    listed, total = np.zeros(len(wanted)), 0.0

    def gain() -> Doubles:
        mixed = (listed + inside) / np.maximum(total + tagged, 1e-12)[:, None]
        divergence = np.log(goal / ((1 - SMOOTHING) * mixed + SMOOTHING * goal)) @ goal
        return (1 - strength) * relevance - strength * divergence

    def picked(at: int) -> None:
        nonlocal total
        listed[:] += inside[at]
        total += float(tagged[at])

    return _greedy(gain, picked, len(scores), n)


def tag_mix(tags: sparse.csr_array, weights: Floats) -> Doubles:
    """The viewer's own mix: the weighted mean over past videos of each one's tags scaled to sum 1.

    Args:
        tags: (n_past, n_tags) vectors of the past videos, >= 0.
        weights: (n_past,) of which only the positive count.

    Returns:
        (n_tags,) >= 0 with sum 1; all 0 where no liked video has tags.

    >>> tag_mix(sparse.csr_array([[2.0, 2.0], [1.0, 0.0]]), np.array([1.0, 1.0])).tolist()
    [0.75, 0.25]
    """
    mixed: Doubles = np.maximum(weights, 0).astype(np.float64) @ sum_to_one(tags)
    total = float(mixed.sum())
    return mixed / total if total else mixed


def similarities(tags: sparse.csr_array) -> Doubles:
    """(n, n) cosines of all pairs, 1 of each video with itself, even without tags."""
    require(tags.shape[0] <= MOST, f"{tags.shape[0]} candidates; at most {MOST} can be ordered anew, keep the best")
    length = np.sqrt(np.asarray(tags.multiply(tags).sum(1), np.float64).ravel())
    inverse = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)
    unit = sparse.diags_array(inverse) @ tags
    alike: Doubles = (unit @ unit.T).toarray()
    np.fill_diagonal(alike, 1.0)
    return alike


def sum_to_one(tags: sparse.csr_array) -> sparse.csr_array:
    """The rows scaled to sum 1; a row without any stays empty."""
    total = np.asarray(tags.sum(1), np.float64).ravel()
    return sparse.csr_array(sparse.diags_array(np.divide(1, total, out=np.zeros(len(total)), where=total > 0)) @ tags)


def _greedy(gain: Callable[[], Doubles], picked: Callable[[int], None], n_candidates: int, n: int) -> Rows:
    """Pick the best gain, tell so, and again; of equal gains, and where all are minus infinity, the first."""
    order, open_ = np.empty(min(n, n_candidates), np.int32), np.ones(n_candidates, bool)
    for place in range(len(order)):
        values = np.where(open_, gain(), -np.inf)
        at = int(values.argmax())
        at = at if values[at] > -np.inf else int(open_.argmax())
        order[place], open_[at] = at, False
        picked(at)
    return order


def _as_given(scores: Floats, n: int) -> Rows:
    return np.arange(min(n, len(scores)), dtype=np.int32)


def _checked(scores: Floats, tags: sparse.csr_array, n: int, strength: float) -> Doubles:
    """(n_candidates,) the scores at 0 to 1, all 1 where they are equal."""
    require(0 <= strength <= 1, f"strength is {strength}; it must be within 0 and 1", ConfigError)
    require(n >= 0, f"n is {n}; it must be at least 0", ConfigError)
    require(len(scores) == tags.shape[0], f"{len(scores)} scores, but tags of {tags.shape[0]} videos")
    require(bool(np.isfinite(scores).all()), "scores must be finite; leave out what the model cannot tell")
    require(bool((scores[1:] <= scores[:-1]).all()), "candidates must come best first; sort them by score")
    if not len(scores) or scores[0] == scores[-1]:
        return np.ones(len(scores))
    lowest = float(scores[-1])
    return (scores.astype(np.float64) - lowest) / (float(scores[0]) - lowest)
