"""Files of a vendor's results into the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.progress import Progress, quiet
from pipelines.store import opened_store, prepare_store
from pipelines.tag_store import writing
from recsys.errors import DataError, require
from recsys.tags.importers.result import VendorResult
from recsys.tags.importers.taggings import Tagged, Tagger, video_of
from recsys.tags.importers.vendors import results
from recsys.tags.vocabulary import Vocabulary

MAX_FILE = 512 * 2**20
"""Of a file with many results; each has `Limits` of its own."""


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """What an import did."""

    videos: int
    taggings: int
    withdrawn: int
    new_tags: tuple[str, ...]
    banned: tuple[str, ...]
    unnamed: int
    unfinished: tuple[str, ...]
    """Jobs that failed or are not ready: their videos keep the tags they had."""

    def lines(self) -> list[str]:
        """The summary in words."""
        notes = {
            f"new tags: {', '.join(self.new_tags[:10])}{' …' if len(self.new_tags) > 10 else ''}": self.new_tags,
            f"left out, for their tags are banned: {', '.join(self.banned)}": self.banned,
            f"left out, for the vendor could not name them: {self.unnamed}": self.unnamed,
            f"without a result: {', '.join(self.unfinished)}": self.unfinished,
        }
        first = f"{self.videos} videos have {self.taggings} tags of this source; {self.withdrawn} were withdrawn"
        return [first, *(line for line, there in notes.items() if there)]


def read_results(vendor: str, paths: Sequence[Path]) -> list[VendorResult]:
    """Every result in some files.

    Raises:
        ConfigError: no such vendor.
        DataError: a file is too large, hostile, or of another form; the message names the file and the place in it.
    """
    found: list[VendorResult] = []
    for path in paths:
        size = path.stat().st_size
        require(size <= MAX_FILE, f"{path} has {size} bytes; {MAX_FILE} are allowed")
        try:
            found += results(vendor, path.read_bytes())
        except DataError as error:
            raise DataError(f"{path}: {error}") from None
    return found


def import_results(
    url: str, found: Sequence[VendorResult], video_id: str | None = None, progress: Progress = quiet
) -> ImportSummary:
    """Let the tags of these results stand in the store, in one transaction: all or nothing.

    Tags that the vendor said earlier of these videos and says no longer are withdrawn; those of others stay. Importing
    again changes nothing.

    Args:
        url: the store's address.
        found: what `read_results` read.
        video_id: the platform's id of the one video that they are of; by default what the vendor calls each video.
        progress: told of each video.

    Raises:
        DataError: the store has no such video, or `video_id` is given and the results are of several.
    """
    finished = [one for one in found if one.status == "success"]
    media = {one.media_id for one in finished if one.media_id}
    require(video_id is None or len(media) <= 1, f"the results are of {len(media)} videos, and one is named")
    by_video: dict[str, list[VendorResult]] = {}
    for one in finished:
        by_video.setdefault(video_of(one, video_id), []).append(one)
    prepare_store(url)
    now = int(datetime.now(UTC).timestamp() * 1000)
    said: list[Tagged] = []
    withdrawn = 0
    with opened_store(url) as engine, writing(engine) as store:
        unknown = store.unknown_videos(by_video)
        missing = ", ".join(map(repr, unknown[:5]))
        require(not unknown, f"the store has no video {missing}; load it first, or say with --video which it is")
        tagger = Tagger(Vocabulary.of(store.nodes()))
        for at, (video, parts) in enumerate(by_video.items()):
            progress(f"tagging {video}", at / len(by_video))
            said.append(tagger.tagged(video, parts))
            withdrawn += store.tag(said[-1], now)[1]
    return ImportSummary(
        videos=len(said),
        taggings=sum(len(one.taggings) for one in said),
        withdrawn=withdrawn,
        new_tags=tuple(dict.fromkeys(node.tag_id for one in said for node in one.new_nodes)),
        banned=tuple(dict.fromkeys(label for one in said for label in one.banned)),
        unnamed=sum(len(one.unnamed) for one in said),
        unfinished=tuple(f"{one.name} ({one.outcome})" for one in found if one.status != "success"),
    )
