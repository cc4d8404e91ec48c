"""A ranked list for people to read."""

from collections.abc import Callable, Iterable, Sequence

from recsys.ranking.audience import Reached
from recsys.ranking.explain import Reason as PlainReason
from service.names import Names
from service.schemas.recommendations import Reason, Recommendations, RecommendedVideo

MOST_REASONS = 3


def table(answer: Recommendations) -> str:
    """A line about the answer, then a line for each video: score, state, title, and what says most for it."""
    lines = [_headline(answer)]
    for position, video in enumerate(answer.videos, start=1):
        lines.append(f"{position:>3}  {video.score:>8.3f}  {video.state:<7}  {_called(video)}")
        lines.append(f"{'':>24}{_because(video)}")
    return "\n".join(lines)


def audience_table(found: Sequence[Reached], names: Names, title: str) -> str:
    """A line about the video, then two for each viewer: the place it would have in their list, and why."""
    lines = [f"{title}: {len(found)} viewers whom it would reach first"]
    for one in found:
        lines.append(f"viewer {one.viewer_id:<12}  place {one.place:>5} in their list, score {one.score:.3f}")
        lines.append(f"{'':>24}{_largest(one.reasons, names.of)}")
    return "\n".join(lines)


def _headline(answer: Recommendations) -> str:
    known = f"nothing is known of them: {answer.fallback}" if answer.fallback else "for what is known of them"
    return f"{answer.viewer_id}, bundle {answer.bundle}, {known}"


def _called(video: RecommendedVideo) -> str:
    return f"{video.title} ({video.video_id})" if video.title else video.video_id


def _because(video: RecommendedVideo) -> str:
    named: dict[tuple[str, str], str | None] = {(one.kind, one.id): one.name for one in video.reasons}
    return _largest(video.reasons, lambda kind, one: named[kind, one])


def _largest(reasons: Iterable[Reason | PlainReason], name_of: Callable[[str, str], str | None]) -> str:
    largest = sorted((one for one in reasons if one.kind != "other"), key=lambda one: -abs(one.value))
    return ", ".join(_reason(one, name_of(one.kind, one.id)) for one in largest[:MOST_REASONS])


def _reason(reason: Reason | PlainReason, name: str | None) -> str:
    what = {"video": "watched"}.get(reason.kind, reason.kind)
    return " ".join(part for part in (f"{reason.value:+.3f}", what, name or reason.id) if part)
