"""S3-Rec's sequences with item attributes: Amazon Beauty and Last.fm, as many papers on sequences use them.

The files give order but no times. The k-th event of every viewer, from 0, happens k hours after `EPOCH`: the order
within a viewer is real, the order between viewers is not, so only splits per viewer make sense (the last event for
the test, the one before it for validation). No licence is stated; cite Zhou et al., CIKM 2020.
"""

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from recsys.datasets.ratings import viewers_of
from recsys.datasets.tag_rows import said, share, tag_tables
from recsys.errors import ConfigError, DataError, require
from recsys.schema import EVENTS, VIDEOS
from recsys.tables import Tables, frame

EPOCH = pd.Timestamp("2000-01-01", tz="UTC")
Part = Literal["Beauty", "LastFM"]
SOURCE = {"Beauty": "editor", "LastFM": "viewer"}
"""Beauty's attributes are the shop's categories and brands; Last.fm's are words that listeners gave."""


def read_s3rec(folder: Path, part: Part = "Beauty") -> Tables:
    """Read one of the two.

    Args:
        folder: has `<part>.txt` and `<part>_item2attributes.json`.
        part: `Beauty` or `LastFM`. In the latter an attribute repeats as often as it was given: n times becomes the
            confidence n / (n + 1).

    Raises:
        DataError: a file is missing or malformed.
        ConfigError: another part.
    """
    require(part in SOURCE, f"part is {part!r}; it must be {' or '.join(SOURCE)}", ConfigError)
    events = _events(folder / f"{part}.txt", f"s3rec-{part.lower()}")
    statements = _attributes(folder / f"{part}_item2attributes.json", SOURCE[part])
    videos = sorted({*events["video_id"], *statements["video_id"]}, key=int)
    return Tables(
        videos=frame(VIDEOS, {"video_id": videos}),
        viewers=viewers_of(events),
        events=events,
        **tag_tables([statements]),
    )


def _events(path: Path, prefix: str) -> pd.DataFrame:
    require(path.is_file(), f"{path} is missing; `tagreel data list` says which files the data set needs")
    rows: list[tuple[str, str, int]] = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        viewer, *videos = line.split()
        for cell in (viewer, *videos):
            require(cell.isdecimal(), f"{path} line {number} has {cell!r}; it must be 'user item item …', all numbers")
        rows += [(viewer, video, place) for place, video in enumerate(videos)]
    given = pd.DataFrame(rows, columns=["viewer_id", "video_id", "place"]).sort_values("place", kind="stable")
    event_id = [f"{prefix}:{viewer}:{place}" for viewer, place in zip(given["viewer_id"], given["place"], strict=True)]
    return frame(EVENTS, {
        "event_id": event_id,
        "viewer_id": given["viewer_id"].to_numpy(),
        "video_id": given["video_id"].to_numpy(),
        "event_type": "finish",
        "occurred_at": (EPOCH + pd.to_timedelta(given["place"].to_numpy(), unit="h")),
    })  # fmt: skip


def _attributes(path: Path, source: str) -> pd.DataFrame:
    require(path.is_file(), f"{path} is missing; `tagreel data list` says which files the data set needs")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}") from error
    whole = isinstance(given, dict) and all(isinstance(one, list) for one in given.values())
    require(whole, f'{path} must be an object of lists, {{"item": [attribute, …]}}')
    pairs = pd.DataFrame([(video, str(one)) for video, own in given.items() for one in own], columns=["video", "word"])
    counts = pairs.groupby(["video", "word"], sort=False).size().reset_index(name="times")
    confidence = share(counts["times"].to_numpy(np.float64)) if source == "viewer" else None
    return said("attribute", counts["video"].to_numpy(), counts["word"].to_numpy(), source, confidence=confidence)
