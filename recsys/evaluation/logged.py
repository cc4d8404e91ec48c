"""Logged impressions: what was shown with which probability, what came of it, and what another policy would do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.errors import require
from recsys.schema import Doubles, Mask, Rows

ROUNDING = 1e-9
"""By so much a probability may lie above 1."""


@dataclass(frozen=True, eq=False)
class Logged:
    """Impressions in any order; a request is a list of one or more of them.

    Every request should show as many videos: a position that a list lacks counts as no reward for it.

    Raises:
        DataError: nothing is logged; lengths differ; propensities are missing, 0 or below, or above 1, and how many of
            each; another probability, reward or prediction cannot be; a position stands twice in a request; a request
            belongs to two units; only one of `predicted` and `expected` is given.

    >>> Logged(np.ones(2), np.array([0.5, np.nan]), np.ones(2), np.arange(2), np.arange(2))
    Traceback (most recent call last):
    recsys.errors.DataError: 1 of 2 propensities cannot be used: 1 missing, 0 zero or below, 0 above 1; log the \
probability of each video at its position, or leave out requests without
    """

    reward: Doubles  # (n,) what the impression was worth: 1 for a play, a watch ratio, …; 0 for nothing
    propensity: Doubles  # (n,) above 0, at most 1: how likely the policy that ran was to show this video there
    wanted: Doubles  # (n,) 0 to 1: how likely the policy to be judged is to show the same video there
    request: Rows  # (n,) which list it belongs to, any whole numbers
    unit: Rows  # (n,) who is resampled whole: 0 to n_units - 1, the viewer, or the request where viewers are unknown
    position: Rows | None = None  # (n,) place in the list, from 0; None where a request shows one video
    predicted: Doubles | None = None  # (n,) what a model that never saw this reward expects of it
    expected: Doubles | None = None  # (n,) the model's mean over what the other policy would show there

    def __post_init__(self) -> None:
        n = len(self.reward)
        require(n > 0, "no impression is logged; an estimate needs some")
        for name, values in vars(self).items():
            require(
                values is None or len(values) == n, f"{n} rewards, but {name} of {0 if values is None else len(values)}"
            )
        _check_propensities(self.propensity)
        _check_numbers(self)
        keys = self.rank_of_request.astype(np.int64) * self.n_positions + self.place
        repeated = n - len(np.unique(keys))
        require(not repeated, f"{repeated} impressions share request and position with another; give `position`")
        pairs = np.unique(np.column_stack([self.rank_of_request, self.unit]), axis=0)
        require(
            len(pairs) == len(self.requests), "a request belongs to more than one unit; a viewer owns their requests"
        )

    def __len__(self) -> int:
        return len(self.reward)

    @property
    def n_units(self) -> int:
        """How many viewers or requests can be resampled."""
        return int(self.unit.max()) + 1

    @property
    def n_positions(self) -> int:
        """The length of the longest list."""
        return int(self.place.max()) + 1

    @cached_property
    def place(self) -> Rows:
        """(n,) place in the list, from 0."""
        return np.zeros(len(self), np.int32) if self.position is None else self.position

    @cached_property
    def requests(self) -> Rows:
        """(n_requests,) each request once."""
        return np.unique(self.request)

    @cached_property
    def rank_of_request(self) -> Rows:
        """(n,) position of each row's request in `requests`."""
        return np.searchsorted(self.requests, self.request).astype(np.int32)

    def at_positions(self) -> Iterator[Mask]:
        """(n,) for each position that occurs, from the top, which rows stand there."""
        for one in np.unique(self.place):
            yield self.place == one


def _check_propensities(propensity: Doubles) -> None:
    missing = int(np.isnan(propensity).sum())
    low, high = int((propensity <= 0).sum()), int((propensity > 1 + ROUNDING).sum())
    message = (
        f"{missing} missing, {low} zero or below, {high} above 1; log the probability of each video at its position"
    )
    bad = missing + low + high
    require(
        not bad, f"{bad} of {len(propensity)} propensities cannot be used: {message}, or leave out requests without"
    )


def _check_numbers(logged: Logged) -> None:
    wanted = logged.wanted
    bad = int((~((wanted >= 0) & (wanted <= 1 + ROUNDING))).sum())
    require(not bad, f"{bad} of {len(wanted)} wanted probabilities are missing or outside 0 and 1")
    both = (logged.predicted is None) == (logged.expected is None)
    require(both, "doubly robust estimates need both predicted and expected; give both or neither")
    for name in ("reward", "predicted", "expected"):
        values = getattr(logged, name)
        lost = 0 if values is None else int((~np.isfinite(values)).sum())
        require(not lost, f"{lost} of {len(wanted)} values of {name} are not finite")
    negative = int((logged.unit < 0).sum()) + int((logged.place < 0).sum())
    require(not negative, f"{negative} units or positions are below 0; both count from 0")
