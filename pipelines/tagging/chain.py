"""Videos through all analysers: each is loaded once, told apart when it cannot be had, and never stops the others."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.progress import Progress, quiet
from pipelines.tagging.analyser import Analyser, Kind
from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.config import TaggingConfig
from pipelines.tagging.media import Media, MediaError, open_media
from pipelines.tagging.view import View
from recsys.errors import RecsysError
from recsys.tags.evidence import Evidence

State = Literal["done", "unavailable", "failed"]
Watch = Callable[[str, str], None]
"""Called as `watch(analyser, state)`: with `running`, then with what became of it. What it raises ends the run."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one analyser on one video."""

    analyser: str
    state: State
    says: str = ""
    """Why it could not be had, or why it failed."""
    n_evidence: int = 0
    load_cpu_s: float = 0.0
    """Processor time of loading it, where that happened for this video."""
    cpu_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Tagged:
    """A video, what was found in it, and what became of each analyser."""

    media: Media
    evidence: list[Evidence]
    outcomes: list[Outcome]
    view: View = field(repr=False)


def unwatched(analyser: str, state: str) -> None:
    """Look away."""


class Chain:
    """The analysers that a config asks for; for one video after the other, not for several at a time."""

    def __init__(self, config: TaggingConfig = TaggingConfig(), asked: Sequence[Kind] | None = None) -> None:
        self.config = config
        self.kinds = list(kinds(config) if asked is None else asked)
        self._loaded: dict[str, Analyser | RecsysError] = {}

    def tag(self, path: Path, title: str = "", progress: Progress = quiet, watch: Watch = unwatched) -> Tagged:
        """Analyse one video.

        Args:
            path: of the file.
            title: what the video is called, where that is known; keywords and topics read it too.
            progress: told of each analyser.
            watch: told how it goes with each.

        Raises:
            MediaError: the file is no video, or a damaged one, or beyond the limits.
            MissingExtraError: nothing here can decode video.
        """
        media = open_media(path, self.config.limits)
        view = View(media, self.config.sampling, title)
        outcomes = []
        for number, kind in enumerate(self.kinds):
            progress(f"{path.name}: {kind.name}", number / len(self.kinds))
            watch(kind.name, "running")
            outcomes.append(self._outcome(kind, view))
            watch(kind.name, outcomes[-1].state)
        return Tagged(media=media, evidence=view.found, outcomes=outcomes, view=view)

    def _outcome(self, kind: Kind, view: View) -> Outcome:
        begun = time.process_time()
        analyser = self._load(kind)
        loaded = time.process_time()
        if isinstance(analyser, RecsysError):
            return Outcome(analyser=kind.name, state="unavailable", says=str(analyser))
        try:
            found = list(analyser.analyse(view))
        except MediaError as error:
            if kind.name == "shots":  # it reads every frame: the file itself is damaged
                raise
            return Outcome(analyser=kind.name, state="failed", says=str(error))
        except Exception as error:  # engines raise what they like, and a strange file must not end the run
            return Outcome(analyser=kind.name, state="failed", says=f"{type(error).__name__}: {error}")
        view.found.extend(found)
        return Outcome(
            analyser=kind.name, state="done", n_evidence=len(found), load_cpu_s=loaded - begun,
            cpu_s=time.process_time() - loaded,
        )  # fmt: skip

    def _load(self, kind: Kind) -> Analyser | RecsysError:
        """The analyser, or why it cannot be had; tried once."""
        if kind.name not in self._loaded:
            try:
                self._loaded[kind.name] = kind.load()
            except RecsysError as error:
                self._loaded[kind.name] = error
        return self._loaded[kind.name]
