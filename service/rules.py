"""What a request asks beyond the scores, as ranking takes it."""

from collections.abc import Mapping

from recsys.errors import DataError
from recsys.ranking.filter_language import Filter, parse
from recsys.ranking.rules import Boost, Pin, Quota, Rules
from service.problems import Fault, invalid, shown
from service.schemas.recommendations import RecommendationRequest

ASKED = frozenset({"boosts", "pins", "quotas", "diversity", "rotation"})
"""The fields of a request that are rules."""
PLAIN = Rules()


def rules_of(
    request: RecommendationRequest,
    times_shown: Mapping[str, int],
    explore: float,
    seed: int,
    trials: Mapping[str, tuple[int, int]],
) -> Rules:
    """A request's rules.

    Args:
        request: as it came.
        times_shown: how often videos were shown to who asks and not taken.
        explore: the share of places owed to new videos where the request does not say.
        seed: of what is drawn.
        trials: how often new videos were shown and taken up.

    Raises:
        ProblemError: 422; a filter cannot be read.
    """
    share = explore if request.explore is None else request.explore
    if not share and not request.model_fields_set & ASKED:
        return PLAIN
    return Rules(
        boosts=tuple(
            Boost(_filter(one.filter, f"boosts[{at}].filter"), one.strength) for at, one in enumerate(request.boosts)
        ),
        pins=tuple(Pin(one.video_id, one.position) for one in request.pins),
        quotas=tuple(
            Quota(_filter(one.filter, f"quotas[{at}].filter"), one.at_least, one.at_most)
            for at, one in enumerate(request.quotas)
        ),
        diversity=request.diversity,
        rotation=request.rotation,
        shown=tuple(sorted(times_shown.items())) if request.rotation else (),
        explore=share,
        seed=seed if share else 0,
        trials=trials,
    )


def filter_of(text: str | None) -> Filter | None:
    """A request's filter, read. ProblemError 422 says what is wrong with it and where."""
    return None if text is None else _filter(text, "filter")


def _filter(text: str, field: str) -> Filter:
    try:
        return parse(text)
    except DataError as error:
        raise invalid([Fault(field, shown(text), str(error))]) from None
