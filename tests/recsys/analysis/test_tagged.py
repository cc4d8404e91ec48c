import numpy as np
import pandas as pd

from recsys.analysis.tagged import Tagged
from recsys.ids import Ids
from recsys.schema import TAGGINGS, TAGS
from recsys.tables import frame
from recsys.tags.taxonomy import Taxonomy
from recsys.timeline import to_ms

NEW_YEAR, NEXT_DAY, LATER = (pd.Timestamp(2026, 1, day, tz="UTC") for day in (1, 2, 3))


def test_only_what_stood_at_the_time_counts_and_merged_tags_are_one():
    taggings = frame(TAGGINGS, {
        "video_id": ["a", "a", "b", "b", "c", "nowhere"],
        "tag_id": ["cats", "felines", "cats", "banned", "cats", "cats"],
        "source": ["editor", "viewer", "editor", "editor", "editor", "editor"],
        "known_at": [NEW_YEAR, None, LATER, None, None, None],
        "withdrawn_at": [None, None, None, None, NEW_YEAR, None],
    })  # fmt: skip
    tags = frame(TAGS, {
        "tag_id": ["cats", "felines", "banned"], "status": ["active", "merged", "banned"],
        "merged_into": [None, "cats", None],
    })  # fmt: skip
    as_of = int(to_ms(frame(TAGGINGS, {"known_at": [NEXT_DAY]})["known_at"])[0])
    tagged = Tagged.of(taggings, Ids.of(["a", "b", "c"]), Taxonomy.of(tags), as_of)
    assert tagged.videos.take(tagged.video) == ["a", "a"]
    assert tagged.tags.take(tagged.tag) == ["cats", "cats"]
    assert [tagged.sources[one] for one in tagged.source] == ["editor", "viewer"]
    assert tagged.matrix.toarray()[:, tagged.tags.row("cats")].tolist() == [1, 0, 0]
    assert tagged.spread[tagged.tags.row("cats")] == 1


def test_it_goes_row_for_row_with_the_evidence(middle):
    assert (middle.tagged.video == middle.evidence.video).all()
    assert (middle.tagged.tag == middle.evidence.tag).all()
    assert np.isfinite(middle.tagged.confidence).all()
