"""Logged impressions, their outcomes and another policy's probabilities in, the estimated value of that policy out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import DataError, require
from recsys.evaluation.logged import Logged
from recsys.evaluation.off_policy import Estimate, Reading, off_policy
from recsys.schema import EVENT_TYPES

IMPRESSION = ("request_id", "viewer_id", "position", "video_id", "propensity")
PLACE = ["request_id", "position", "video_id"]


@dataclass(frozen=True)
class OffPolicySummary:
    """What was estimated."""

    estimates: list[Estimate]

    def lines(self) -> list[str]:
        """For people."""
        return [one.line() for one in self.estimates]

    def figures(self) -> dict[str, Any]:
        """For machines."""
        return {"estimates": [asdict(one) for one in self.estimates]}


def estimate(
    impressions: Path,
    events: Path,
    wanted: Path,
    rewards: Sequence[str] = ("play", "finish"),
    reading: Reading = "cascade",
    clip: float | None = None,
    seed: int = 0,
) -> OffPolicySummary:
    """Estimate the value of the policy in `wanted` from three Parquet files; viewers are resampled whole.

    Args:
        impressions: request_id, viewer_id, position, video_id, propensity, as the simulator and the service log them.
        events: request_id, video_id, event_type; an impression is worth 1 if a rewarded event of it is there, else 0.
        wanted: request_id, position, video_id, probability: of the other policy, for the logged impressions; one that
            is not listed has probability 0.
        rewards: types of event, see `schema.EVENT_TYPES`.
        reading: see `recsys.evaluation.off_policy`.
        clip: see there.
        seed: of the bootstrap.

    Raises:
        DataError: a file or a column is missing, a type of event is unknown, a row of `wanted` stands twice or belongs
            to no impression, or see `recsys.evaluation.logged.Logged`.
    """
    unknown = [one for one in rewards if one not in EVENT_TYPES]
    require(not unknown, f"{', '.join(unknown)} is no type of event; there are {', '.join(EVENT_TYPES)}")
    shown = _read(impressions, IMPRESSION)
    happened = _read(events, ("request_id", "video_id", "event_type"))
    liked = happened.loc[happened["event_type"].isin(rewards), ["request_id", "video_id"]].drop_duplicates()
    other = _read(wanted, (*PLACE, "probability"))
    repeated = int(other.duplicated(PLACE).sum())
    require(not repeated, f"{wanted}: {repeated} rows repeat the request, position and video of another")
    joined = shown.merge(liked.assign(reward=1.0), "left", on=["request_id", "video_id"])
    joined = joined.merge(other, "left", on=PLACE)
    stray = len(other) - int(joined["probability"].notna().sum())
    missing = int(other["probability"].isna().sum())
    require(not missing, f"{wanted}: {missing} probabilities are missing")
    require(not stray, f"{wanted}: {stray} rows belong to no logged impression; give those that were shown only")
    logged = Logged(
        reward=joined["reward"].fillna(0).to_numpy(np.float64),
        propensity=joined["propensity"].to_numpy(np.float64),
        wanted=joined["probability"].fillna(0).to_numpy(np.float64),
        request=joined["request_id"].factorize()[0].astype(np.int32),
        unit=joined["viewer_id"].factorize()[0].astype(np.int32),
        position=joined["position"].to_numpy(np.int32),
    )
    return OffPolicySummary(list(off_policy(logged, reading, clip, seed)))


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    require(path.is_file(), f"{path} is not there; name a Parquet file", DataError)
    try:
        there = pq.read_schema(path).names
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} is no Parquet file: {error}") from error
    lost = [one for one in columns if one not in there]
    require(not lost, f"{path} lacks {', '.join(lost)}; it needs {', '.join(columns)}", DataError)
    return pd.read_parquet(path, columns=list(columns))
