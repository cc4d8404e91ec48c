import numpy as np
import pytest

from recsys.analysis.audiences import taste, video_sketches
from recsys.analysis.expectation import expectations, fit_expectation, isotonic
from recsys.analysis.tagged import Tagged


@pytest.fixture(scope="module")
def fitted(middle):
    return fit_expectation(middle.tagged, taste(video_sketches(middle.data.events)))


def unsure(tagged):
    """The same, its sources silent about how sure they are."""
    nothing = np.full(len(tagged), np.nan, np.float32)
    return Tagged(
        tagged.videos,
        tagged.taxonomy,
        tagged.sources,
        tagged.video,
        tagged.tag,
        tagged.source,
        nothing,
        tagged.known_at,
    )


def test_scores_are_those_of_fits_without_the_video_and_the_tag(tagged_of):
    rng = np.random.default_rng(2)
    rows = [(f"v{v:02}", f"t{t}", "editor", 1.0) for v in range(30) for t in range(6) if rng.random() < 0.4]
    tagged = tagged_of(rows)
    behaviour = rng.normal(size=(len(tagged.videos), 2)).astype(np.float32)
    model = fit_expectation(tagged, behaviour, least_videos=1, ridge=5.0, weight=1.0)
    both = np.concatenate([tagged.matrix.toarray(), behaviour], axis=1).astype(float)
    centred = both - both.mean(0)
    scores = model.scores(0, len(both))
    for video, tag in [(0, 0), (3, 2), (11, 5)]:
        others = np.delete(np.arange(both.shape[1]), tag)
        keep = np.arange(len(both)) != video
        x, y = centred[keep][:, others], centred[keep][:, tag]
        weights = np.linalg.solve(x.T @ x + 5 * np.eye(len(others)), x.T @ y)
        slow = centred[video, others] @ weights + both[:, tag].mean()
        assert scores[video, tag] == pytest.approx(slow, abs=0.06)  # the mean, too, is taken with the video


def test_missing_tags_are_true_far_more_often_than_by_chance(middle, fitted):
    tagged = middle.tagged
    found, _ = expectations(tagged, fitted, most=200, least=0.0)
    said = set(zip(tagged.videos.take(tagged.video), tagged.tags.take(tagged.tag), strict=True))
    chance = len(middle.true - said) / (len(tagged.videos) * len(tagged.tags) - len(said))
    hits = np.array([(one.video, one.tag) in middle.true for one in found])
    assert not {(one.video, one.tag) for one in found} & said
    assert chance < 0.04
    assert hits[:50].mean() > 6 * chance
    assert hits.mean() > 4 * chance
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)


def test_doubtful_tags_are_wrong_far_more_often_than_by_chance(middle, fitted):
    tagged = middle.tagged
    said = list(zip(tagged.videos.take(tagged.video), tagged.tags.take(tagged.tag), strict=True))
    chance = np.mean([one not in middle.true for one in said])
    assert chance < 0.13
    _, found = expectations(tagged, fitted, most=100)
    assert np.mean([(one.video, one.tag) not in middle.true for one in found]) > 5 * chance
    _, found = expectations(unsure(tagged), fitted, most=300)
    wrong = np.mean([(one.video, one.tag) not in middle.true for one in found])
    assert wrong > 1.3 * chance  # half of the true tags of the simulation go with no other tag
    assert all(np.isnan(one.stated) for one in found)


def test_a_foreign_tag_planted_on_plain_videos_is_doubted_and_one_taken_away_is_suggested(tagged_of):
    rows = [(f"cat{n}", tag, "editor", None) for n in range(30) for tag in ("pets", "cats", "home", "cute")]
    rows += [(f"car{n}", tag, "editor", None) for n in range(30) for tag in ("wheels", "cars", "road", "fast")]
    rows = [one for one in rows if one[:2] != ("cat7", "cats")] + [("car3", "cats", "vendor:x", None)]
    tagged = tagged_of(rows)
    model = fit_expectation(tagged, np.zeros((len(tagged.videos), 1), np.float32), ridge=5.0)
    missing, doubts = expectations(tagged, model)
    assert (missing[0].video, missing[0].tag) == ("cat7", "cats")
    assert missing[0].confidence > 0.8
    assert (doubts[0].video, doubts[0].tag, doubts[0].sources) == ("car3", "cats", "vendor:x")


def test_a_parent_of_a_tag_is_not_missing(tagged_of):
    rows = [(f"v{n}", tag, "editor", None) for n in range(60) for tag in ("pets", "cats", "cute")]
    rows = [one for one in rows if one[:2] not in (("v3", "pets"), ("v5", "cute"))]
    tagged = tagged_of(rows + [(f"w{n}", "cars", "editor", None) for n in range(60)], {"cats": "pets", "pets": None})
    model = fit_expectation(tagged, np.zeros((len(tagged.videos), 1), np.float32), ridge=1.0)
    missing, _ = expectations(tagged, model, least_tags=2)
    assert {(one.video, one.tag) for one in missing} == {("v5", "cute")}


def test_confidence_never_falls_with_the_score_and_is_a_share(fitted):
    assert (np.diff(fitted.rate) >= 0).all()
    assert fitted.rate.min() >= 0
    assert fitted.rate.max() <= 1


def test_isotonic_rates_are_those_of_scikit_learn():
    from sklearn.isotonic import isotonic_regression

    rng = np.random.default_rng(0)
    total = rng.integers(1, 30, 40).astype(float)
    there = rng.binomial(total.astype(int), np.linspace(0.1, 0.9, 40)).astype(float)
    slow = isotonic_regression(there / total, sample_weight=total)
    assert isotonic(there, total) == pytest.approx(slow)
    assert isotonic(np.zeros(3), np.zeros(3)).tolist() == [0, 0, 0]


def test_without_tags_or_viewers_nothing_is_found(tagged_of):
    tagged = tagged_of([("a", "cats", "editor", 1.0)])
    model = fit_expectation(tagged, np.zeros((1, 3), np.float32))
    assert expectations(tagged, model) == ([], [])
