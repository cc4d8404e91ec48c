"""A ranked list for people to read."""

from service.schemas.recommendations import Reason, Recommendations, RecommendedVideo

MOST_REASONS = 3


def table(answer: Recommendations) -> str:
    """A line about the answer, then a line for each video: score, state, title, and what says most for it."""
    lines = [_headline(answer)]
    for position, video in enumerate(answer.videos, start=1):
        lines.append(f"{position:>3}  {video.score:>8.3f}  {video.state:<7}  {_called(video)}")
        lines.append(f"{'':>24}{_because(video)}")
    return "\n".join(lines)


def _headline(answer: Recommendations) -> str:
    known = f"nothing is known of them: {answer.fallback}" if answer.fallback else "for what is known of them"
    return f"{answer.viewer_id}, bundle {answer.bundle}, {known}"


def _called(video: RecommendedVideo) -> str:
    return f"{video.title} ({video.video_id})" if video.title else video.video_id


def _because(video: RecommendedVideo) -> str:
    largest = sorted((one for one in video.reasons if one.kind != "other"), key=lambda one: -abs(one.value))
    return ", ".join(_reason(one) for one in largest[:MOST_REASONS])


def _reason(reason: Reason) -> str:
    what = {"tag": "tag", "video": "watched", "popularity": "popularity"}[reason.kind]
    return " ".join(part for part in (f"{reason.value:+.3f}", what, reason.name or reason.id) if part)
