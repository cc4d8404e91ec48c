import numpy as np
import pytest
from scipy import sparse

from recsys.analysis.audiences import chance, tag_sketches, video_sketches
from recsys.analysis.redundancy import name_vectors, redundancy
from recsys.analysis.suspects import other_tags, suspects
from recsys.evaluation.toy import toy

SPAM = "custom:best-video-ever"


def names_of(tagged):
    return [tagged.tags[row].partition(":")[2] or tagged.tags[row] for row in range(len(tagged.tags))]


def twins_of(tagged, events=None, **more):
    silent = np.zeros((len(tagged.tags), 4), np.float32)
    audiences = silent if events is None else tag_sketches(tagged.matrix, video_sketches(events))[0]
    return redundancy(tagged, names_of(tagged), audiences, **more)


def test_tags_on_the_same_videos_are_twins(tagged_of):
    rows = [(video, tag, "editor", 1.0) for video in "abcde" for tag in ("auto", "vehicle")]
    rows += [("f", "auto", "editor", 1.0), ("a", "red", "editor", 1.0), ("b", "red", "editor", 1.0)]
    [found] = twins_of(tagged_of(rows), least_videos=2)
    assert (found.tag, found.other, found.n_videos, found.n_other) == ("auto", "vehicle", 6, 5)
    assert found.videos == pytest.approx(5 / 6)
    assert found.why == "same videos"
    assert np.isnan(found.audience)


def test_tags_named_alike_are_twins_and_parents_are_not(tagged_of):
    rows = [("abc"[at], "tag:sci-fi", "editor", 1.0) for at in range(3)]
    rows += [("def"[at], "keyword:sci fi", "viewer", 1.0) for at in range(3)]
    rows += [("ghi"[at], "tag:drama", "editor", 1.0) for at in range(3)]
    [found] = twins_of(tagged_of(rows))
    assert {found.tag, found.other} == {"tag:sci-fi", "keyword:sci fi"}
    assert found.names == pytest.approx(1)
    assert found.why == "alike names"
    assert twins_of(tagged_of(rows, {"tag:sci-fi": "keyword:sci fi", "keyword:sci fi": None})) == []


def test_tags_of_the_same_viewers_are_twins_though_they_share_no_video(tagged_of):
    groups = {"g": range(0, 24), "h": range(24, 48)}
    likes = "; ".join(
        f"{group}{n}: " + " ".join(f"v{v}" for v in those) for group, those in groups.items() for n in range(9)
    )
    rows = [(f"v{v}", ("one", "other")[v % 2], "editor", 1.0) for v in groups["g"]]
    rows += [(f"v{v}", "third", "editor", 1.0) for v in groups["h"]]
    [found] = twins_of(tagged_of(rows), toy(likes).events)
    assert {found.tag, found.other} == {"one", "other"}
    assert (found.videos, found.why) == (0, "same audience")
    assert found.audience > 0.95


def test_a_planted_copy_of_a_tag_comes_first(middle):
    tagged = middle.tagged
    busiest = int(tagged.spread.argmax())
    other = int(np.argsort(-tagged.spread)[1])
    copied = np.where(tagged.tag == other, busiest, tagged.tag)  # the second tag's videos get the first, both go on
    both = type(tagged)(
        tagged.videos, tagged.taxonomy, tagged.sources,
        *(np.concatenate([getattr(tagged, name), values]) for name, values in [
            ("video", tagged.video[tagged.tag == busiest]), ("tag", np.full(tagged.spread[busiest], other, np.int32)),
            ("source", tagged.source[tagged.tag == busiest]), ("confidence", tagged.confidence[tagged.tag == busiest]),
            ("known_at", tagged.known_at[tagged.tag == busiest]),
        ]),
    ).where(np.concatenate([tagged.tag != other, np.ones(tagged.spread[busiest], bool)]))  # fmt: skip
    assert len(copied) == len(tagged)
    first = twins_of(both, middle.data.events)[0]
    assert {first.tag, first.other} == {tagged.tags[busiest], tagged.tags[other]}
    assert "same videos" in first.why
    assert "same audience" in first.why


def test_names_are_compared_by_letters_alone():
    letters = name_vectors(["New-York", "new york", "", "York new", "X"])
    alike = (letters @ letters.T).toarray()
    assert alike[0, 1] == pytest.approx(1)
    assert 0 < alike[0, 3] < 1
    assert alike[2].tolist() == [0] * 5
    assert name_vectors([]).shape[0] == 0


def judged(seen):
    sketches = video_sketches(seen.data.events)
    _, *audience = tag_sketches(seen.tagged.matrix, sketches)
    return audience, other_tags(seen.tagged)


def test_a_tag_that_says_nothing_is_suspected_and_true_ones_are_not(middle, spammed):
    found = suspects(spammed.tagged, *judged(spammed))
    assert found[0].tag == SPAM
    assert found[0].source == "vendor:loud"
    assert "on 40% of the videos; from vendor:loud alone" in found[0].why
    assert len(found) <= 3
    assert len(suspects(middle.tagged, *judged(middle))) <= 2


def test_coherence_is_1_for_a_tag_at_random_and_more_for_one_that_tells(middle):
    sketches = video_sketches(middle.data.events)
    rng = np.random.default_rng(0)
    random = (rng.random((len(sketches), 60)) < 0.2).astype(np.float32)

    _, by_chance, spread = tag_sketches(sparse.csr_array(random), sketches)
    assert by_chance.mean() == pytest.approx(1, abs=0.1)
    assert by_chance.std() == pytest.approx(spread, rel=0.6)
    _, told, _ = tag_sketches(middle.tagged.matrix, sketches)
    assert np.nanmedian(told) > 1 + 2 * spread


def test_the_slow_coherence_is_the_same(middle):
    sketches = video_sketches(middle.data.events)
    known = (sketches != 0).any(1)
    _, coherence, _ = tag_sketches(middle.tagged.matrix, sketches)
    away = sketches[known] - sketches[known].mean(0)
    n = known.sum()
    for row in (0, 7, 31):
        has = middle.tagged.matrix.toarray()[known][:, row] > 0
        m = has.sum()
        slow = (away[has].astype(float).sum(0) ** 2).sum() / (m * (1 - (m - 1) / (n - 1)))
        assert coherence[row] == pytest.approx(slow, rel=1e-3)


def test_an_audience_of_nobody_is_silent(tagged_of):
    tagged = tagged_of([("a", "cats", "editor", 1.0), ("b", "cats", "editor", 1.0)])
    sketches = video_sketches(toy("", "a: x; b: x").events)
    audiences, coherence, _ = tag_sketches(tagged.matrix, sketches)
    assert not audiences.any()
    assert np.isnan(coherence).all()
    assert np.isnan(chance(sketches[:1]))
