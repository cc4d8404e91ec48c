"""From what a job looks at to its tags: by analysers and fusion, or by what a vendor said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from pipelines.jobs.material import FetchLimits, video_file
from pipelines.jobs.queue import Job
from pipelines.jobs.taxonomy import completed, lacking
from pipelines.tag_store import TagStore
from pipelines.tagging.analyser import Kind
from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.chain import Chain, Outcome, Watch
from pipelines.tagging.config import TaggingConfig
from recsys.errors import ConfigError, require
from recsys.tags.evidence import Evidence
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.fusion.fuse import FusedTag, fuse
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.rows import fused_rows
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.importers.result import VendorResult
from recsys.tags.importers.taggings import Tagged, Tagger
from recsys.tags.importers.vendors import results
from recsys.tags.node import Node
from recsys.tags.vocabulary import Vocabulary

MOST_PASSAGES = 5_000


@dataclass(frozen=True)
class Words:
    """What the store knows of a video in words."""

    title: str
    description: str
    language: str


class Analysers:
    """Those of a configuration, each loaded once however many tenants there are."""

    def __init__(self, config: TaggingConfig = TaggingConfig()) -> None:
        self.config = config
        self.kinds = [replace(one, load=cache(one.load)) for one in kinds(config)]


class JobTagger:
    """Finds tags, for one job after the other."""

    def __init__(
        self, engine: Engine, spool: Path, analysers: Analysers, limits: FetchLimits = FetchLimits(),
        fusion: FusionConfig = FusionConfig(),
    ) -> None:  # fmt: skip
        self._engine, self._spool, self._limits, self._fusion = engine, spool, limits, fusion
        self._config, self._kinds = analysers.config, analysers.kinds

    def tag(self, job: Job, watch: Watch) -> tuple[Tagged, dict[str, Any]]:
        """The tags to store, and the result to show.

        Args:
            job: what to look at.
            watch: told how it goes with each analyser; what it raises ends the job.

        Raises:
            RecsysError: there are none to be had; `UnreachableError` where another try may succeed.
        """
        with self._engine.connect() as connection:
            store = TagStore(connection)
            require(not store.unknown_videos([job.video_id]), f"the store has no video {job.video_id!r} any more")
            words, nodes = _words(store, job.video_id), store.nodes()
        if job.input == "vendor":
            return _imported(job, nodes, words)
        return self._analysed(job, nodes, words, watch)

    def _analysed(
        self, job: Job, nodes: Sequence[Node], words: Words, watch: Watch
    ) -> tuple[Tagged, dict[str, Any]]:  # fmt: skip
        asked, absent = self._asked(job)
        chain = Chain(self._config, asked)
        title = str(job.options.get("title") or words.title)
        with video_file(job, self._spool, self._limits) as path:
            found = chain.tag(path, title, watch=watch)
        outcomes = [*found.outcomes, *absent]
        told = "; ".join(f"{one.analyser}: {one.says}" for one in outcomes)
        require(any(one.state == "done" for one in outcomes), f"no analyser could be had: {told}", ConfigError)
        known = completed(nodes)
        video = TaggedVideo.of(found.evidence, title, words.description)
        fused = fuse(video, Mapper(Vocabulary.of(known.values()), self._fusion))
        said = fused_rows(job.video_id, video, fused)
        new = lacking((one["tag_id"] for one in said.taggings), known, nodes)
        said = replace(said, new_nodes=(*new, *said.new_nodes))
        parts = {one.tag_id: _parts(one) for one in fused}
        return said, _result(said, known, words, parts, _spoken(found.evidence), outcomes)

    def _asked(self, job: Job) -> tuple[list[Kind], list[Outcome]]:
        """The analysers that a job asks for, and those of them that are not here."""
        wanted = job.options.get("analysers") or [one.name for one in self._kinds]
        there = [one for one in self._kinds if one.name in wanted]
        says = "this worker has no analyser of that name"
        lacking = set(wanted) - {one.name for one in there}
        return there, [Outcome(analyser=one, state="unavailable", says=says) for one in sorted(lacking)]


def _imported(job: Job, nodes: Sequence[Node], words: Words) -> tuple[Tagged, dict[str, Any]]:
    read = results(job.place, (job.payload or "").encode())
    media_id = job.options.get("media_id")
    mine = [one for one in read if media_id is None or one.media_id == media_id]
    done = [one for one in mine if one.status == "success"]
    told = "; ".join(one.outcome for one in mine)
    require(bool(done), f"{job.place} has no result for it: {told or 'nothing at all'}")
    said = Tagger(Vocabulary.of(nodes)).tagged(job.video_id, done)
    known = {one.tag_id: one for one in nodes}
    return said, _result(said, known, words, {}, _passages(done), ())


def _result(
    said: Tagged, known: Mapping[str, Node], words: Words, parts: Mapping[str, list[dict[str, Any]]],
    speech: list[dict[str, Any]], outcomes: Sequence[Outcome],
) -> dict[str, Any]:  # fmt: skip
    """What is shown of a job: JSON values only."""
    there = {**known, **{one.tag_id: one for one in said.new_nodes}}
    spans: dict[str, list[dict[str, Any]]] = {}
    for one in said.occurrences:
        span = {name: one[name] for name in ("start_ms", "end_ms", "confidence")}
        spans.setdefault(one["tag_id"], []).append(span)
    return {
        "source": said.source,
        "tags": [
            {
                "tag": one["tag_id"], "dimension": there[one["tag_id"]].dimension,
                "label": label(there[one["tag_id"]], words.language), "confidence": one["confidence"],
                "occurrences": spans.get(one["tag_id"], []), "found_by": parts.get(one["tag_id"], []),
            }
            for one in said.taggings
        ],
        "speech": speech[:MOST_PASSAGES],
        "analysers": [
            {"analyser": one.analyser, "state": one.state, "says": one.says, "n_evidence": one.n_evidence}
            for one in outcomes
        ],
    }  # fmt: skip


def label(node: Node, language: str) -> str:
    """What a tag is called: in that language, else in English, else in any; its id where it has no name."""
    names = sorted((one for one in node.names if not one.is_alias), key=lambda one: one.language)
    ranked = sorted(names, key=lambda one: (one.language != language, one.language != "en"))
    return ranked[0].text if ranked else node.tag_id.partition(":")[2] or node.tag_id


def _parts(tag: FusedTag) -> list[dict[str, Any]]:
    """Which analysers made a tag, and how much each."""
    shares: dict[str, float] = {}
    for one in tag.parts:
        shares[one.source] = shares.get(one.source, 0.0) + one.share
    return [{"source": name, "share": round(share, 4)} for name, share in shares.items()]


def _spoken(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [
        {"start_ms": one.start_ms, "end_ms": one.end_ms, "text": one.label}
        for one in evidence
        if one.dimension == "speech"
    ]


def _passages(found: Sequence[VendorResult]) -> list[dict[str, Any]]:
    return [
        {"start_ms": one.start_ms, "end_ms": one.end_ms, "text": one.text}
        for result in found
        for one in result.passages
        if one.dimension == "speech"
    ]


def _words(store: TagStore, video_id: str) -> Words:
    columns = store.videos.c
    asked = select(columns.title, columns.description, columns.language).where(columns.video_id == video_id)
    row = store.connection.execute(asked).one()
    return Words(row[0] or "", row[1] or "", (row[2] or "").split("-")[0].lower())
