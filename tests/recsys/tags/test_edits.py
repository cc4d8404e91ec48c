"""Vectors after an edit of the taxonomy: as if made anew, nearly; untouched where they are not concerned."""

import numpy as np
import pytest

from recsys.errors import DataError
from recsys.ids import Ids
from recsys.schema import NEVER
from recsys.tags.edits import TagEdit, edited, retagged
from recsys.tags.taxonomy import Taxonomy
from recsys.tags.vectorizer import Evidence, TagConfig, TagVectorizer, fit_vectors

NAMES = ("animal", "cat", "kitten", "pet", "place", "puss", "sea", "unused")
PARENTS = ("", "animal", "cat", "", "", "", "place", "")
RANDOM = np.random.default_rng(4)
N = 300


@pytest.fixture(scope="module")
def given() -> Evidence:
    """Two to four of the first seven tags for each of 300 videos."""
    tags = [RANDOM.choice(7, RANDOM.integers(2, 5), replace=False) for _ in range(N)]
    video = np.repeat(np.arange(N, dtype=np.int32), [len(one) for one in tags])
    tag = np.concatenate(tags).astype(np.int32)
    always = np.full(len(tag), NEVER)
    return Evidence(video, tag, RANDOM.uniform(0.3, 0.9, len(tag)).astype(np.float32), always, always)


@pytest.fixture(scope="module")
def fitted(given):
    taxonomy = Taxonomy.from_rows(NAMES, PARENTS, ["active"] * 8, [""] * 8)
    return fit_vectors(given, N, taxonomy, 1, TagConfig())


def anew(given: Evidence, vectorizer: TagVectorizer):
    """The vectors that the edited taxonomy makes of the same taggings."""
    stands = vectorizer.taxonomy.stands_for[given.tag]
    kept = given.where(stands >= 0)
    moved = Evidence(kept.video, stands[stands >= 0], kept.trust, kept.known_at, kept.withdrawn_at)
    return vectorizer.vectors(moved, N, 1)


EDITS = {
    "merge": [TagEdit("puss", None, "merged", "cat")],
    "merge under another tree": [TagEdit("sea", "place", "merged", "cat")],
    "ban": [TagEdit("kitten", "cat", "banned")],
    "ban a parent": [TagEdit("animal", None, "banned")],
    "another parent": [TagEdit("cat", "pet")],
    "a root": [TagEdit("kitten")],
    "a parent that is new": [TagEdit("pet", "company"), TagEdit("sea", "water")],
    "a merge into a new tag": [TagEdit("puss", None, "merged", "felid")],
    "a merge into one that nobody used": [TagEdit("puss", None, "merged", "unused")],
    "all at once": [
        TagEdit("puss", None, "merged", "cat"),
        TagEdit("cat", "pet"),
        TagEdit("kitten", "cat", "banned"),
        TagEdit("sea"),
    ],
}


@pytest.mark.parametrize("name", EDITS)
def test_vectors_follow_an_edit_as_if_they_were_made_anew(given, fitted, name):
    vectorizer, tags = fitted
    taxonomy = edited(vectorizer.taxonomy, EDITS[name])
    after, moved = retagged(vectorizer, tags, taxonomy)
    wanted = anew(given, after)
    alike = np.asarray(moved.multiply(wanted).sum(1)).ravel()
    had = np.diff(wanted.indptr) > 0
    assert np.median(alike[had]) > 0.99
    assert alike[had].min() > 0.95
    assert (np.diff(moved.indptr) > 0).tolist() == had.tolist()


def test_videos_that_are_not_concerned_stay_as_they_are(fitted):
    vectorizer, tags = fitted
    taxonomy = edited(vectorizer.taxonomy, EDITS["merge"])
    _, moved = retagged(vectorizer, tags, taxonomy)
    without = np.flatnonzero(tags[:, [vectorizer.ids.row("puss")]].toarray().ravel() == 0)
    assert len(without) > 50
    assert (moved[without][:, : tags.shape[1]] != tags[without]).nnz == 0


def test_a_merged_tag_has_no_column_of_its_own_any_more_and_the_other_has_its_videos(fitted):
    vectorizer, tags = fitted
    after, moved = retagged(vectorizer, tags, edited(vectorizer.taxonomy, EDITS["merge"]))
    puss, cat = after.ids.row("puss"), after.ids.row("cat")
    assert moved[:, [puss]].nnz == 0
    assert set(tags[:, [puss]].tocoo().row) <= set(moved[:, [cat]].tocoo().row)


def test_an_edit_that_changes_nothing_gives_the_same_taxonomy(fitted):
    taxonomy = fitted[0].taxonomy
    assert edited(taxonomy, [TagEdit("cat", "animal"), TagEdit("pet")]) is taxonomy
    assert edited(taxonomy, []) is taxonomy


def test_circles_are_refused(fitted):
    taxonomy = fitted[0].taxonomy
    with pytest.raises(DataError, match="circle"):
        edited(taxonomy, [TagEdit("animal", "kitten")])
    with pytest.raises(DataError, match="circle"):
        edited(taxonomy, [TagEdit("cat", None, "merged", "puss"), TagEdit("puss", None, "merged", "cat")])


def test_without_videos_nothing_is_to_be_done():
    taxonomy = Taxonomy.from_rows(NAMES, PARENTS, ["active"] * 8, [""] * 8)
    nothing = np.empty(0, np.int32)
    empty = Evidence(nothing, nothing, np.empty(0, np.float32), nothing.astype(np.int64), nothing.astype(np.int64))
    vectorizer, tags = fit_vectors(empty, 0, taxonomy, 1)
    assert retagged(vectorizer, tags, edited(taxonomy, EDITS["all at once"]))[1].shape == (0, 8)


def test_ids_of_new_tags_stand_behind(fitted):
    made = edited(fitted[0].taxonomy, EDITS["a parent that is new"])
    assert made.ids.take(np.arange(8, len(made), dtype=np.int32)) == ["company", "water"]
    assert isinstance(made.ids, Ids)
