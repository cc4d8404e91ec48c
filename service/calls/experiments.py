"""The API's part experiments. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack

from pydantic import Field

from service.calls.call import Answer, Call, in_path


class VariantFields(Answer):
    """One way to answer."""

    name: str
    weight: float = 1.0
    """Its share of the viewers, relative to the others'."""
    bundle: str | None = None
    """The version of a bundle on the shelf; the live one by default."""
    request: dict[str, Any] = Field(default_factory=dict)
    """Fields of recommendation requests that it sets where a request does not."""


class Experiment(Answer):
    """An experiment."""

    experiment_id: str
    variants: list[VariantFields]
    started_at: datetime
    ended_at: datetime | None


class Experiments(Answer):
    """Every experiment, the latest first."""

    experiments: list[Experiment]


class VariantFieldsGiven(TypedDict):
    """One way to answer."""

    name: str
    weight: NotRequired[float]
    """Its share of the viewers, relative to the others'."""
    bundle: NotRequired[str | None]
    """The version of a bundle on the shelf; the live one by default."""
    request: NotRequired[Mapping[str, Any]]
    """Fields of recommendation requests that it sets where a request does not."""


class ExperimentFields(TypedDict):
    """What is tried."""

    variants: Sequence[VariantFieldsGiven]
    """The control first."""


class VariantResult(Answer):
    """What came of a variant; null where there are too few viewers to tell."""

    name: str
    n_viewers: int
    n_shown: int
    n_taken: int
    rate: float | None
    """Taken of shown."""
    low: float | None
    high: float | None
    """95% interval of the rate, viewers being the unit."""
    uplift: float | None
    """Of the rate over the control's, relative."""
    uplift_low: float | None
    uplift_high: float | None
    p: float | None
    """Two-sided, that the rates are the same."""


class ExperimentReport(Answer):
    """What came of an experiment."""

    experiment_id: str
    variants: list[VariantResult]
    ratio_p: float
    """How likely chance alone splits viewers at least as unevenly."""
    is_sound: bool
    """False: the split is not as planned, and nothing here can be trusted."""


def begin_experiment(experiment_id: str, **body: Unpack[ExperimentFields]) -> Call[Experiment]:
    """Begin an experiment. Each viewer stays in one variant; answers and what is written down of them name it."""
    return Call("PUT", f"/v1/experiments/{in_path(experiment_id)}", Experiment, body=body)


def read_experiment(experiment_id: str) -> Call[Experiment]:
    """An experiment."""
    return Call("GET", f"/v1/experiments/{in_path(experiment_id)}", Experiment)


def end_one_experiment(experiment_id: str) -> Call[Experiment]:
    """End an experiment: everybody gets the same answers again. Its report stays."""
    return Call("POST", f"/v1/experiments/{in_path(experiment_id)}:end", Experiment, is_repeatable=False)


def every_experiment() -> Call[Experiments]:
    """Every experiment, the latest first."""
    return Call("GET", "/v1/experiments", Experiments)


def report_experiment(experiment_id: str) -> Call[ExperimentReport]:
    """How often each variant's videos were taken up, the uplift over the control, and whether the split is sound."""
    return Call("GET", f"/v1/experiments/{in_path(experiment_id)}/report", ExperimentReport)
