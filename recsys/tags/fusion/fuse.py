"""Evidence to ranked tags: mapped, calibrated, joined shot by shot and source by source, weighed, parents implied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys.tags.evidence import Box
from recsys.tags.fusion.belief import Belief, Observation, believed
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.model import FusionModel, confidence
from recsys.tags.fusion.salience import Salience, prominence
from recsys.tags.fusion.video import TaggedVideo

JOIN_MS = 1_000
"""Occurrences nearer than this are one."""


@dataclass(frozen=True)
class Part:
    """What one piece of evidence did for a tag."""

    evidence: int
    """Its position in the video's evidence."""
    source: str
    share: float
    """Of the tag's belief; the shares of a tag add up to 1."""


@dataclass(frozen=True)
class Span:
    """One stretch of a video with the tag in it."""

    start_ms: int
    end_ms: int
    confidence: float
    """That it is there, which says nothing of how much the video is about it."""
    box: Box | None


@dataclass(frozen=True)
class FusedTag:
    """One tag of a video, and why."""

    tag_id: str
    dimension: str
    confidence: float
    """That the video is about it."""
    spans: tuple[Span, ...]
    parts: tuple[Part, ...]
    """Which evidence made it and how much, the most first."""
    salience: Salience
    is_implied: bool = False
    """Whether no evidence names it, but only tags below it."""
    is_known: bool = True
    """Whether the taxonomy has it; else it was made of a label."""


def fuse(video: TaggedVideo, mapper: Mapper, model: FusionModel = FusionModel()) -> list[FusedTag]:
    """The tags of a video, the surest first.

    Args:
        video: its evidence, shots and words. Without evidence it has no tags.
        mapper: the taxonomy, what editors decided, and perhaps a text encoder.
        model: fitted by `fitting.fit_fusion`, or nothing but priors.
    """
    config = mapper.config
    least = model.threshold if config.threshold is None else config.threshold
    return [one for one in ranked(video, mapper, model) if one.confidence >= least][: config.most_tags]


def ranked(video: TaggedVideo, mapper: Mapper, model: FusionModel) -> list[FusedTag]:
    """Every tag that anything speaks for, however unsure, the surest first."""
    weighed = _weighed(video, mapper, model)
    whole = _with_parents(weighed, mapper) if mapper.config.implied_share else weighed
    return sorted(whole.values(), key=lambda one: (-one.confidence, one.tag_id))


def observations(video: TaggedVideo, mapper: Mapper, model: FusionModel) -> dict[str, list[Observation]]:
    """By tag, what speaks for it: each piece of evidence calibrated and laid into the shots.

    It speaks for the tags above too, a share less a generation.
    """
    found: dict[str, list[Observation]] = defaultdict(list)
    stated = np.array([one.confidence for one in video.evidence], np.float64)
    chances = _calibrated(video, stated, model)
    for at, (one, tags) in enumerate(zip(video.evidence, mapper.tags(video.evidence), strict=True)):
        shots = video.shots_of(one.start_ms, one.end_ms)
        for tag_id, fit in _upward(tags, mapper).items():
            found[tag_id].append(Observation(at, one.source, float(chances[at]) * fit, shots, tag_id in tags))
    return found


def _upward(tags: Mapping[str, float], mapper: Mapper) -> dict[str, float]:
    """The tags that evidence fits, and those above them."""
    whole = dict(tags)
    share = mapper.config.implied_share
    for tag_id, fit in tags.items() if share else ():
        for generation, above in enumerate(mapper.parents(tag_id), start=1):
            whole[above] = max(whole.get(above, 0.0), fit * share**generation)
    return whole


def judged(video: TaggedVideo, mapper: Mapper, model: FusionModel) -> dict[str, tuple[Belief, Salience]]:
    """By tag with evidence of its own, how far it is believed and how salient it is."""
    titled, described = mapper.mentioned(video.title), mapper.mentioned(video.description)
    found = observations(video, mapper, model)
    return {
        tag_id: (
            believed(seen, model.correlations),
            Salience(
                screen_time=round(video.share({shot for one in seen for shot in one.shots}), 6),
                prominence=prominence(video.evidence[one.evidence].box for one in seen),
                title=1.0 if _named(tag_id, titled, mapper) else 0.5 if _named(tag_id, described, mapper) else 0.0,
            ),
        )
        for tag_id, seen in found.items()
    }


def _weighed(video: TaggedVideo, mapper: Mapper, model: FusionModel) -> dict[str, FusedTag]:
    return {
        tag_id: FusedTag(
            tag_id=tag_id,
            dimension=mapper.dimension(tag_id),
            confidence=confidence(model.relevance.log_odds(belief, salience) + _boost(tag_id, mapper)),
            spans=_spans(video, belief),
            parts=_parts(video, belief),
            salience=salience,
            is_implied=not belief.is_named,
            is_known=tag_id in mapper.vocabulary.nodes,
        )
        for tag_id, (belief, salience) in judged(video, mapper, model).items()
    }


def _with_parents(tags: Mapping[str, FusedTag], mapper: Mapper) -> dict[str, FusedTag]:
    """A video about cats is about animals: a tag is at least as sure as its surest child, less a share a generation."""
    whole = dict(tags)
    for one in tags.values():
        for generation, above in enumerate(mapper.parents(one.tag_id), start=1):
            sure = round(one.confidence * mapper.config.implied_share**generation, 6)
            if sure > whole[above].confidence:
                whole[above] = replace(whole[above], confidence=sure)
    return whole


def _boost(tag_id: str, mapper: Mapper) -> float:
    """What editors add in log-odds."""
    config = mapper.config
    custom = config.custom_boost if mapper.dimension(tag_id) == "custom" else 0.0
    return custom + (config.hot_boost if tag_id in mapper.hot else 0.0)


def _named(tag_id: str, mentioned: frozenset[str], mapper: Mapper) -> bool:
    return tag_id in mentioned or any(tag_id in mapper.parents(one) for one in mentioned)


def _calibrated(video: TaggedVideo, stated: np.ndarray, model: FusionModel) -> np.ndarray:
    chances = np.empty(len(stated))
    sources = np.array([one.source for one in video.evidence], object)
    for source in dict.fromkeys(sources.tolist()):
        mine = sources == source
        chances[mine] = model.calibrator(source)(stated[mine])
    return chances


def _parts(video: TaggedVideo, belief: Belief) -> tuple[Part, ...]:
    ordered = sorted(belief.parts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Part(at, video.evidence[at].source, round(part / belief.doubt, 6)) for at, part in ordered if part > 0)


def _spans(video: TaggedVideo, belief: Belief) -> tuple[Span, ...]:
    """The stretches of the evidence that counted, joined where they touch, each as sure as its surest shot."""
    pieces = sorted((video.evidence[at].start_ms, video.evidence[at].end_ms, at) for at in belief.parts)
    groups: list[list[int]] = []
    end = -JOIN_MS - 1
    for start_ms, end_ms, at in pieces:
        if groups and start_ms <= end + JOIN_MS:
            groups[-1].append(at)
        else:
            groups.append([at])
        end = max(end, end_ms)
    return tuple(_span(video, belief, one) for one in groups)


def _span(video: TaggedVideo, belief: Belief, group: Sequence[int]) -> Span:
    start, end = min(video.evidence[at].start_ms for at in group), max(video.evidence[at].end_ms for at in group)
    sure = max(belief.by_shot[shot] for at in group for shot in _shots(video, at))
    boxed = [at for at in group if video.evidence[at].box is not None]
    best = max(boxed, key=lambda at: (belief.parts[at], -at), default=None)
    return Span(start, end, round(sure, 6), video.evidence[best].box if best is not None else None)


def _shots(video: TaggedVideo, at: int) -> Iterable[int]:
    return video.shots_of(video.evidence[at].start_ms, video.evidence[at].end_ms)
