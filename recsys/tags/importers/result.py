"""What every vendor's result becomes: tags with their occurrences, and passages of text that were read or heard."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from recsys.tags.evidence import Evidence
from recsys.tags.spelling import folded

Status = Literal["success", "failed", "running"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A rectangle in the picture."""

    left: float
    top: float
    right: float
    bottom: float
    unit: Literal["share", "pixel"]
    """Shares of width and height, or pixels where the vendor does not say how large the picture is."""


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """One stretch [start_ms, end_ms) of the video in which a tag was found."""

    start_ms: int
    end_ms: int
    confidence: float | None = None
    frame: Frame | None = None
    is_point: bool = False
    """The vendor gave a moment; the end is only how far its sampling reaches."""


@dataclass(frozen=True, kw_only=True)
class VendorTag:
    """One thing that a vendor found in a video."""

    dimension: str
    label: str
    language: str | None = None
    confidence: float | None = None
    """In [0, 1]; None where the vendor does not say."""
    occurrences: tuple[Occurrence, ...] = ()
    """In order; none where it is said of the video as a whole."""
    parents: tuple[str, ...] = ()
    """Labels of the tags above, the root first."""
    groups: tuple[str, ...] = ()
    """What else the vendor counts it among, in no order."""
    other_labels: tuple[str, ...] = ()
    """Further spellings, and synonyms that the vendor gave."""
    share: float | None = None
    """How much of the video it is in, 0 to 1, where the vendor says so itself."""
    vendor_id: str | None = None
    """What the vendor's own catalogue calls it."""
    is_named: bool = True
    """False for somebody whom the vendor saw and could not name: `label` then means something in this video alone."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Words that were read off the picture or heard; no tag by itself."""

    dimension: Literal["text", "speech"]
    text: str
    language: str | None = None
    confidence: float | None = None
    start_ms: int = 0
    end_ms: int = 0
    frame: Frame | None = None


@dataclass(frozen=True, kw_only=True)
class VendorResult:
    """All that a vendor said of one video in one job."""

    vendor: str
    media_id: str | None = None
    """What the vendor calls the video; the platform's own id where the vendor was told it."""
    job_id: str | None = None
    status: Status = "success"
    message: str = ""
    """Why it failed."""
    tags: tuple[VendorTag, ...] = ()
    passages: tuple[Passage, ...] = ()
    shots: tuple[tuple[int, int], ...] = ()
    """[start_ms, end_ms) of each."""
    passed_over: tuple[str, ...] = ()
    """Parts of the payload that are not read."""

    @property
    def source(self) -> str:
        """Who said so, as taggings name it."""
        return f"vendor:{self.vendor}"

    @property
    def name(self) -> str:
        """What to call it before people."""
        return self.media_id or self.job_id or "a job"

    @property
    def outcome(self) -> str:
        """How it ended, and why if the vendor says."""
        return f"{self.status}: {self.message}" if self.message else self.status

    def evidence(self, unknown: float = 0.8, duration_ms: int = 0) -> Iterator[Evidence]:
        """The same for fusion: an observation for each occurrence and passage.

        Args:
            unknown: what an unknown confidence counts as.
            duration_ms: of the video; what is said of it as a whole is said of all of it.
        """
        for tag in self.tags:
            whole = (Occurrence(start_ms=0, end_ms=duration_ms),)
            for one in (tag.occurrences or whole) if tag.is_named else ():
                sure = one.confidence if one.confidence is not None else tag.confidence
                yield self._observed(tag.dimension, tag.label, tag.language, sure, one, unknown)
        for said in self.passages:
            yield self._observed(said.dimension, said.text, said.language, said.confidence, said, unknown)

    def _observed(
        self, dimension: str, label: str, language: str | None, confidence: float | None,
        where: Occurrence | Passage, unknown: float,
    ) -> Evidence:  # fmt: skip
        frame = where.frame
        shares = frame is not None and frame.unit == "share"
        return Evidence(
            dimension=dimension, label=label, language=language,
            confidence=unknown if confidence is None else confidence,
            start_ms=where.start_ms, end_ms=where.end_ms,
            box=(frame.left, frame.top, frame.right, frame.bottom) if frame is not None and shares else None,
            source=self.source, version="unknown",
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Plain values, as `tagreel tags import --json` prints them."""
        return asdict(self)


def combined(tags: Iterable[VendorTag]) -> tuple[VendorTag, ...]:
    """Each tag once: spellings that differ in case or blanks are one, with all occurrences and the surest confidence.

    >>> two = combined([VendorTag(dimension="keyword", label=x) for x in ("CC霜", "cc霜")])
    >>> [(one.label, one.other_labels) for one in two]
    [('CC霜', ('cc霜',))]
    """
    found: dict[tuple[str, str, bool], VendorTag] = {}
    for one in tags:
        key = (one.dimension, folded(one.label), one.is_named)
        found[key] = _both(found[key], one) if key in found else replace(one, occurrences=_ordered(one.occurrences))
    return tuple(found.values())


def _both(first: VendorTag, second: VendorTag) -> VendorTag:
    known = [one.confidence for one in (first, second) if one.confidence is not None]
    labels = dict.fromkeys((*first.other_labels, second.label, *second.other_labels))
    return replace(
        first,
        confidence=max(known, default=None),
        occurrences=_ordered((*first.occurrences, *second.occurrences)),
        parents=first.parents or second.parents,
        groups=tuple(dict.fromkeys((*first.groups, *second.groups))),
        share=first.share if first.share is not None else second.share,
        other_labels=tuple(one for one in labels if one != first.label),
        vendor_id=first.vendor_id or second.vendor_id,
    )


def _ordered(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """By time; of those that say the same stretch, the surest."""
    kept: dict[tuple[int, int], Occurrence] = {}
    for one in occurrences:
        key = (one.start_ms, one.end_ms)
        if key not in kept or (one.confidence or 0) > (kept[key].confidence or 0):
            kept[key] = one
    return tuple(kept[key] for key in sorted(kept))
