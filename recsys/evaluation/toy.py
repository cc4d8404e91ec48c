"""Data small enough to read in one line, for examples and tests."""

import numpy as np
from scipy import sparse

from recsys.ids import Ids
from recsys.interactions import Interactions, TrainingData
from recsys.schema import DAY_MS, NEVER


def toy(histories: str, tags: str = "") -> TrainingData:
    """Training data out of `"ann: x y -z; bob: y"`: each viewer's videos, one a day from day 0.

    Args:
        histories: viewers, each with their videos in time order; a minus is a dislike, a dot a day without.
        tags: likewise, `"x: cats dogs; w: cats"`; each tag of a video weighs 1. Videos named only here are cold.

    >>> data = toy("ann: x -y; bob: y", "w: cats")
    >>> data.events.videos.take([0, 1, 2]), data.events.weight.tolist(), data.tags.toarray().ravel().tolist()
    (['w', 'x', 'y'], [1.0, 1.0, -1.0], [1.0, 0.0, 0.0])
    """
    had, tagged = _lines(histories), _lines(tags)
    viewers = Ids.of(had)
    videos = Ids.of([one.lstrip("-") for past in had.values() for one in past if one != "."] + list(tagged))
    names = Ids.of([tag for own in tagged.values() for tag in own])
    rows = sorted(
        (day * DAY_MS, viewers.row(who), videos.row(one.lstrip("-")), -1.0 if one.startswith("-") else 1.0)
        for who, past in had.items()
        for day, one in enumerate(past)
        if one != "."
    )
    time, viewer, video, weight = np.array(rows, np.float64).reshape(-1, 4).T
    vectors = np.zeros((len(videos), len(names)), np.float32)
    for one, own in tagged.items():
        vectors[videos.row(one), names.rows(own)] = 1
    events = Interactions(
        viewers,
        videos,
        viewer.astype(np.int32),
        video.astype(np.int32),
        weight.astype(np.float32),
        time.astype(np.int64),
    )
    return TrainingData(events, sparse.csr_array(vectors), np.full(len(videos), NEVER), events.as_of)


def _lines(text: str) -> dict[str, list[str]]:
    parts = [part.split(":") for part in text.split(";") if part.strip()]
    return {name.strip(): rest.split() for name, rest in parts}
