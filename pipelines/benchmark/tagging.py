"""`tagreel benchmark tagging`: what each analyser costs and finds, on a clip of known content.

`python -m pipelines.benchmark.tagging CLIP [ANALYSER…]` analyses the clip in a process of its own and prints the most
memory that took, as JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.benchmark.clip import make_clip
from pipelines.benchmark.clip_quality import Figure, quality
from pipelines.benchmark.clock import peak_bytes
from pipelines.progress import Progress, quiet
from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.chain import Chain, Outcome, Tagged
from pipelines.tagging.config import TaggingConfig
from recsys.errors import RecsysError

WHOLE = "whole chain"
NEEDS = {"keywords": ("captions",), "topics": ("captions",)}
"""Analysers that have nothing to do without another."""
MIB = 1 << 20


@dataclass(frozen=True)
class TaggingBenchmark:
    """Figures of all analysers and of the chain."""

    figures: list[Figure]

    def lines(self) -> list[str]:
        """For people."""
        head = f"{'analyser':<22}{'metric':<24}{'value':>10}"
        return [head, *(f"{one.analyser:<22}{one.metric:<24}{one.value:>10.3g}" for one in self.figures)]

    def write(self, path: Path) -> None:
        """As JSON: a list of {analyser, metric, value}."""
        told = [{**asdict(one), "value": round(one.value, 4)} for one in self.figures]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[\n" + ",\n".join(f"  {json.dumps(one)}" for one in told) + "\n]\n", encoding="utf-8")


def run_tagging(clip: Path | None = None, progress: Progress = quiet) -> TaggingBenchmark:
    """Make the clip, analyse it once with all analysers and once with each alone.

    Args:
        clip: where to put the clip; a folder that goes afterwards if absent.
        progress: told of each process.

    Raises:
        RecsysError: the clip cannot be made, or an analyser could not be had or failed.
    """
    with TemporaryDirectory() as made:
        path = clip or Path(made) / "clip.mp4"
        progress("making the clip", None)
        truth = make_clip(path)
        names = [one.name for one in kinds(TaggingConfig())]
        progress("all analysers", 0.0)
        whole = Chain().tag(path)
        figures = _costs(whole) + quality(whole.view.shots, whole.evidence, truth)
        progress(WHOLE, 1 / (len(names) + 2))
        figures.append(Figure(WHOLE, "peak_mib", _peak_mib(path, names)))
        for number, name in enumerate(names, start=2):
            progress(name, number / (len(names) + 2))
            asked = dict.fromkeys(("shots", *NEEDS.get(name, ()), name))
            figures.append(Figure(name, "peak_mib", _peak_mib(path, list(asked))))
    return TaggingBenchmark(sorted(figures, key=lambda one: [*names, "objects and classes", WHOLE].index(one.analyser)))


def _costs(whole: Tagged) -> list[Figure]:
    """Processor seconds by analyser; decoding counts for the first that needs it: frames captions, sound sounds."""
    minutes = whole.media.duration_ms / 60_000
    for one in whole.outcomes:
        _check(one)
    each = [
        figure
        for one in whole.outcomes
        for figure in (
            Figure(one.analyser, "cpu_s_per_video_minute", one.cpu_s / minutes),
            Figure(one.analyser, "load_cpu_s", one.load_cpu_s),
        )
    ]
    total = sum(one.cpu_s for one in whole.outcomes) / minutes
    loading = sum(one.load_cpu_s for one in whole.outcomes)
    return [*each, Figure(WHOLE, "cpu_s_per_video_minute", total), Figure(WHOLE, "load_cpu_s", loading)]


def _check(one: Outcome) -> None:
    if one.state != "done":
        raise RecsysError(f"{one.analyser} is {one.state}: {one.says}")


def _peak_mib(clip: Path, names: Sequence[str]) -> float:
    """The most memory of a process that analyses the clip with these analysers."""
    command = [sys.executable, "-m", "pipelines.benchmark.tagging", str(clip), *names]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our own module
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise RecsysError(f"{', '.join(names)} ended with {done.returncode}, saying: {said[-1]}")
    return json.loads(done.stdout.splitlines()[-1])["peak_bytes"] / MIB


def main() -> None:
    """What the new process does."""
    found = Chain(TaggingConfig(only=tuple(sys.argv[2:]))).tag(Path(sys.argv[1]))
    for one in found.outcomes:
        _check(one)
    print(json.dumps({"peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
