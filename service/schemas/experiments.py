"""Experiments in the API."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue, StringConstraints, ValidationError, field_validator

from service.problems import ProblemError, validation_faults
from service.rules import filter_of, rules_of
from service.schemas.fields import Body, Reply, Time
from service.schemas.recommendations import RecommendationRequest

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"), Field(examples=["control"])]
SETTABLE = frozenset(
    {"n", "filter", "boosts", "quotas", "diversity", "rotation", "explore", "include_seen"},
)


class VariantFields(Body):
    """One way to answer."""

    name: Name
    weight: float = Field(default=1.0, gt=0, le=1000, allow_inf_nan=False)
    """Its share of the viewers, relative to the others'."""
    bundle: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")] | None = None
    """The version of a bundle on the shelf; the live one by default."""
    request: dict[str, JsonValue] = Field(default={})
    """Fields of recommendation requests that it sets where a request does not."""

    @field_validator("request")
    @classmethod
    def _is_settable(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        strange = sorted(given.keys() - SETTABLE)
        if strange:
            raise ValueError(f"{strange[0]} is nothing that a variant sets; these are: {', '.join(sorted(SETTABLE))}")
        try:
            request = RecommendationRequest.model_validate(given)
            filter_of(request.filter)
            rules_of(request, {}, 0.0, 0, {})
        except ValidationError as error:
            first = validation_faults(error)[0]
            raise ValueError(f"{first.field}: {first.rule}") from None
        except ProblemError as error:
            raise ValueError(error.detail) from None
        return given


class ExperimentFields(Body):
    """What is tried."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"variants": [{"name": "control"}, {"name": "varied", "request": {"diversity": 0.3}}]}]
        }
    )

    variants: list[VariantFields] = Field(min_length=2, max_length=10)
    """The control first."""

    @field_validator("variants")
    @classmethod
    def _once(cls, given: list[VariantFields]) -> list[VariantFields]:
        if len({one.name for one in given}) < len(given):
            raise ValueError("each variant has a name of its own")
        return given


class Experiment(Reply):
    """An experiment."""

    experiment_id: str
    variants: list[VariantFields]
    started_at: Time
    ended_at: Time | None


class Experiments(Reply):
    """Every experiment, the latest first."""

    experiments: list[Experiment]


class VariantResult(Reply):
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


class ExperimentReport(Reply):
    """What came of an experiment."""

    experiment_id: str
    variants: list[VariantResult]
    ratio_p: float
    """How likely chance alone splits viewers at least as unevenly."""
    is_sound: bool
    """False: the split is not as planned, and nothing here can be trusted."""


def experiment_of(row: Any, variants: list[dict[str, Any]]) -> Experiment:
    """A row of the store as an experiment."""
    shown = [VariantFields.model_construct(**one) for one in variants]
    values = {name: row[name] for name in ("experiment_id", "started_at", "ended_at")}
    return Experiment.model_construct(**values, variants=shown)
