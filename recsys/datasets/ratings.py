"""Star ratings of films as events, and titles that carry a year."""

import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys.schema import EVENTS, VIDEOS, VIEWERS
from recsys.tables import frame

LIKED = 4.0
"""Stars from which a rating says that the viewer liked the film."""
WATCHED = 3.0
"""Stars from which it says that they watched it to the end; below, that they disliked it."""
YEAR = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>\d{4})\)\s*$")


def rating_events(
    prefix: str, viewer_id: NDArray, video_id: NDArray, stars: NDArray[np.float64], seconds: NDArray[np.int64]
) -> pd.DataFrame:
    """Events in time order, one per rating: from 4 stars `like`, from 3 `finish`, below `dislike`.

    Args:
        prefix: begins the event ids, which are `<prefix>:<viewer>:<video>` and so never change.
        viewer_id: (n,) who rated.
        video_id: (n,) what was rated.
        stars: (n,) the rating, kept as the event's value.
        seconds: (n,) when, in seconds since 1970 UTC.
    """
    order = np.argsort(seconds, kind="stable")
    kinds = np.select([stars >= LIKED, stars >= WATCHED], ["like", "finish"], "dislike")
    return frame(EVENTS, pd.DataFrame({
        "event_id": [f"{prefix}:{viewer}:{video}" for viewer, video in zip(viewer_id, video_id, strict=True)],
        "viewer_id": viewer_id,
        "video_id": video_id,
        "event_type": kinds,
        "value": stars,
        "occurred_at": pd.to_datetime(seconds, unit="s", utc=True),
    }).iloc[order])  # fmt: skip


def split_title(title: str) -> tuple[str, int | None]:
    """A title without the year at its end, and the year; None where there is none.

    >>> split_title("Toy Story (1995)"), split_title("Babylon 5")
    (('Toy Story', 1995), ('Babylon 5', None))
    """
    found = YEAR.match(title)
    return (found["title"], int(found["year"])) if found else (title.strip(), None)


def films(video_id: Sequence[str] | NDArray, titles: Iterable[str], years: Iterable[int | None]) -> pd.DataFrame:
    """The frame `videos`: a year stands in the attributes, for it is not a time at which a film became available."""
    attributes = [None if year is None else json.dumps({"year": year}) for year in years]
    return frame(VIDEOS, {"video_id": video_id, "title": list(titles), "attributes": attributes})


def viewers_of(events: pd.DataFrame) -> pd.DataFrame:
    """The frame `viewers`: everyone with an event, by id."""
    return frame(VIEWERS, {"viewer_id": sorted(events["viewer_id"].unique())})
