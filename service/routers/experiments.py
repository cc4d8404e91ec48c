"""Experiments: begin, look at, end. One runs at a time."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic_core import from_json, to_json
from sqlalchemy import Connection

from recsys.errors import BundleError
from recsys.evaluation.experiment import Report
from service.auth.gated_route import GatedRoute
from service.auth.gates import Admin, Reader
from service.experiments import outcome
from service.problems import Fault, ProblemError, described, invalid
from service.routers.parameters import as_json
from service.schemas.experiments import (
    Experiment,
    ExperimentFields,
    ExperimentReport,
    Experiments,
    VariantResult,
    experiment_of,
)
from service.state import State
from service.storage.experiments import (
    end_experiment,
    get_experiment,
    list_experiments,
    put_experiment,
    running_experiment,
)
from service.threads import in_thread
from service.trying import experiment_from

router = APIRouter(prefix="/v1", tags=["experiments"], route_class=GatedRoute)
ExperimentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


@router.put("/experiments/{experiment_id}", response_model=Experiment, responses=described(409))
async def begin_experiment(experiment_id: ExperimentId, experiment: ExperimentFields, state: Admin) -> Response:
    """Begin an experiment. Each viewer stays in one variant; answers and what is written down of them name it."""
    for at, one in enumerate(experiment.variants):
        if one.bundle is not None:
            await _openable(state, one.bundle, f"variants[{at}].bundle")
    variants = [one.model_dump() for one in experiment.variants]

    def write(connection: Connection) -> None:
        there, running = get_experiment(connection, experiment_id), running_experiment(connection)
        if there is not None and (there["ended_at"] is not None or from_json(there["variants"]) != variants):
            what = f"Experiment {experiment_id!r} has begun with other variants or has ended; take another name"
            raise ProblemError(409, "experiment-there", what)
        if running is not None and running["experiment_id"] != experiment_id:
            what = f"Experiment {running['experiment_id']!r} runs; end it first"
            raise ProblemError(409, "another-runs", what)
        if there is None:
            row = {"experiment_id": experiment_id, "variants": to_json(variants).decode()}
            put_experiment(connection, {**row, "started_at": state.clock(), "ended_at": None})

    await state.store.write(write)
    await state.trying.follow()
    return _found(state, experiment_id)


@router.post("/experiments/{experiment_id}:end", response_model=Experiment)
async def end_one_experiment(experiment_id: ExperimentId, state: Admin) -> Response:
    """End an experiment: everybody gets the same answers again. Its report stays."""
    if not await state.store.write(lambda connection: end_experiment(connection, experiment_id, state.clock())):
        raise _unknown(experiment_id)
    await state.trying.follow()
    return _found(state, experiment_id)


@router.get("/experiments", response_model=Experiments)
async def every_experiment(state: Reader) -> Response:
    """Every experiment, the latest first."""
    with state.store.reading() as connection:
        rows = list_experiments(connection)
    found = [experiment_of(row, from_json(row["variants"])) for row in rows]
    return as_json(Experiments.model_construct(experiments=found))


@router.get("/experiments/{experiment_id}", response_model=Experiment)
async def read_experiment(experiment_id: ExperimentId, state: Reader) -> Response:
    """An experiment."""
    return _found(state, experiment_id)


@router.get("/experiments/{experiment_id}/report", response_model=ExperimentReport)
async def report_experiment(experiment_id: ExperimentId, state: Reader) -> Response:
    """How often each variant's videos were taken up, the uplift over the control, and whether the split is sound."""

    def read() -> Report:
        with state.store.reading() as connection:
            row = get_experiment(connection, experiment_id)
            if row is None:
                raise _unknown(experiment_id)
            return outcome(connection, experiment_from(row))

    found = await in_thread(read)
    variants = [VariantResult.model_construct(**asdict(one)) for one in found.arms]
    return as_json(
        ExperimentReport.model_construct(
            experiment_id=experiment_id, variants=variants, ratio_p=found.ratio_p, is_sound=found.is_sound
        )
    )


async def _openable(state: State, version: str, field: str) -> None:
    try:
        await state.live.other(version)
    except (BundleError, OSError) as error:
        raise invalid([Fault(field, version, f"this bundle cannot be opened: {error}")]) from None


def _found(state: State, experiment_id: str) -> Response:
    with state.store.reading() as connection:
        row = get_experiment(connection, experiment_id)
    if row is None:
        raise _unknown(experiment_id)
    return as_json(experiment_of(row, from_json(row["variants"])))


def _unknown(experiment_id: str) -> ProblemError:
    return ProblemError(404, "unknown-experiment", f"No experiment {experiment_id!r}; PUT begins one")
