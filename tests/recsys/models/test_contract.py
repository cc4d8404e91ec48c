"""What every model promises, whatever it computes: see `recsys.models.base.Scorer`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recsys.codec import read_object, write_object
from recsys.errors import DataError
from recsys.evaluation.toy import toy
from recsys.interactions import Profiles, TrainingData, Videos
from recsys.models.content import fit_content
from recsys.models.factors import FactorsConfig, fit_factors
from recsys.models.hybrid import CoresConfig, fit_cores
from recsys.models.item_item import ItemItemConfig, fit_item_item
from recsys.models.knn import KNNConfig, fit_knn
from recsys.models.popularity import PopularityConfig, fit_popularity
from recsys.models.random_order import fit_random
from recsys.models.recency import Recency

SMALL = FactorsConfig(factors=2, iterations=15)


def tastes(n_viewers: int, n_videos: int, tagged: bool = True) -> TrainingData:
    """Even viewers like even videos, odd like odd, but for the one of their own number. Two new videos, one bare."""
    likes = "; ".join(
        f"u{i:02}: " + " ".join(f"v{j:02}" for j in range(i % 2, n_videos, 2) if j != i) for i in range(n_viewers)
    )
    tags = "; ".join(f"v{j:02}: {'odd' if j % 2 else 'even'}" for j in range(n_videos))
    data = toy(likes, f"{tags}; w_even: even; w_odd: odd; x_bare:")
    return data if tagged else replace(data, tags=sparse.csr_array(data.tags.shape, dtype=np.float32))


@dataclass(frozen=True)
class Subject:
    """One way of fitting a model, and what its own docstring says it can tell."""

    fit: Callable[[TrainingData], Any]
    n_viewers: int = 14
    n_videos: int = 12
    personal: bool = True
    by_behaviour: bool = True  # finds the held-out video without tags
    cold: bool = True  # scores a tagged video that nobody had
    bare: bool = False  # scores one without a tag either
    nobody: bool = False  # scores for a viewer of whom nothing is known


SUBJECTS = {
    "popularity": Subject(fit_popularity, personal=False, by_behaviour=False, bare=True, nobody=True),
    "counted popularity": Subject(
        lambda data: fit_popularity(data, PopularityConfig(prior_events=0)),
        personal=False, by_behaviour=False, cold=False, nobody=True,
    ),
    "content": Subject(fit_content, by_behaviour=False),
    "item_item primal": Subject(fit_item_item, cold=False),
    "item_item dual": Subject(fit_item_item, n_viewers=6, n_videos=14, cold=False),
    "factors": Subject(lambda data: fit_factors(data, SMALL)),
    "factors without tags": Subject(lambda data: fit_factors(data, replace(SMALL, tag_weight=0))),
    "knn": Subject(fit_knn, cold=False),
    "knn with tags": Subject(lambda data: fit_knn(data, KNNConfig(tag_weight=0.5))),
    "random": Subject(fit_random, personal=False, by_behaviour=False, bare=True, nobody=True),
    "hybrid": Subject(lambda data: fit_cores(data, CoresConfig(factors=SMALL)), bare=True, nobody=True),
}  # fmt: skip


def those(condition: Callable[[Subject], bool]) -> Any:
    """Run a test with these models only."""
    names = [name for name, one in SUBJECTS.items() if condition(one)]
    return pytest.mark.parametrize("subject", names, indirect=True)


@pytest.fixture(params=SUBJECTS)
def subject(request) -> Subject:
    return SUBJECTS[request.param]


@pytest.fixture
def data(subject: Subject) -> TrainingData:
    return tastes(subject.n_viewers, subject.n_videos)


@pytest.fixture
def model(subject: Subject, data: TrainingData) -> Any:
    return subject.fit(data)


def profiles_of(data: TrainingData) -> Profiles:
    return Profiles.of(data.events.pairs(), data.videos, data.as_of)


def with_newer(data: TrainingData) -> Videos:
    """The catalogue, and behind it videos newer than the model: an even one, an odd one, one without tags."""
    rows = data.events.videos.rows(["w_even", "w_odd", "x_bare"])
    tags = sparse.csr_array(sparse.vstack([data.tags, data.tags[rows]]))
    return Videos(np.append(data.videos.rows, [-1, -1, -1]).astype(np.int32), tags)


def profile(data: TrainingData, weights: dict[str, float]) -> Profiles:
    """One viewer who had these videos two days ago; `?` is a video that nobody knows anything of."""
    rows = data.events.videos.rows(list(weights))
    tags = data.tags[np.maximum(rows, 0)] * (rows >= 0)[:, None].astype(np.float32)
    n = len(rows)
    return Profiles(
        Videos(rows, sparse.csr_array(tags)), np.array([0, n]), np.arange(n, dtype=np.int32),
        np.array(list(weights.values()), np.float32), np.full(n, 2.0, np.float32),
        sparse.csr_array((1, data.tags.shape[1]), dtype=np.float32),
    )  # fmt: skip


def column(data: TrainingData, name: str) -> int:
    return data.events.videos.row(name)


def finds_the_held_out(subject: Subject, tagged: bool) -> None:
    data = tastes(subject.n_viewers, subject.n_videos, tagged)
    scores = subject.fit(data).score(profiles_of(data), data.videos)
    scores[data.events.matrix().toarray() > 0] = -np.inf
    watched = scores[:, : subject.n_videos]
    for viewer in range(min(subject.n_viewers, subject.n_videos)):
        assert np.nanargmax(watched[viewer]) == viewer


@those(lambda one: one.personal)
def test_the_held_out_video_ranks_first(subject: Subject):
    finds_the_held_out(subject, tagged=True)


@those(lambda one: one.by_behaviour)
def test_the_held_out_video_ranks_first_without_tags_too(subject: Subject):
    finds_the_held_out(subject, tagged=False)


def test_scores_are_a_float32_table_of_viewers_and_videos(model: Any, data: TrainingData):
    scores = model.score(profiles_of(data), with_newer(data))
    assert scores.dtype == np.float32
    assert scores.shape == (len(data.events.viewers), len(data.events.videos) + 3)
    assert not np.isinf(scores).any()


def test_nan_stands_exactly_where_the_model_cannot_tell(subject: Subject, model: Any, data: TrainingData):
    scores = model.score(profiles_of(data), with_newer(data))
    told = np.isfinite(scores)
    assert (told == told[0]).all()
    watched, told = told[0, : subject.n_videos], told[0, subject.n_videos :]
    assert watched.all()
    newer = subject.cold and subject is not SUBJECTS["random"]
    trained_bare = subject.bare or subject is SUBJECTS["random"]
    expected = [subject.cold, subject.cold, trained_bare, newer, newer, subject.bare and newer]
    assert told.tolist() == expected


@those(lambda one: one.personal and one.cold)
def test_a_tagged_video_that_nobody_had_ranks_by_its_tags(model: Any, data: TrainingData):
    even, odd = column(data, "w_even"), column(data, "w_odd")
    n = len(data.events.videos)
    for first, second in ((even, odd), (n, n + 1)):
        scores = model.score(profiles_of(data), with_newer(data))
        assert (scores[::2, first] > scores[::2, second]).all()
        assert (scores[1::2, first] < scores[1::2, second]).all()


def test_a_viewer_in_a_batch_scores_as_alone(model: Any, data: TrainingData):
    profiles, videos = profiles_of(data), with_newer(data)
    batch = model.score(profiles, videos)
    for viewer in range(len(profiles)):
        one = model.score(profiles.take(np.array([viewer])), videos)
        np.testing.assert_allclose(one, batch[[viewer]], rtol=1e-5, atol=1e-6)


def test_a_video_among_others_scores_as_alone(model: Any, data: TrainingData):
    profiles, videos = profiles_of(data), with_newer(data)
    every = model.score(profiles, videos)
    order = np.random.default_rng(0).permutation(len(videos)).astype(np.int32)
    np.testing.assert_allclose(model.score(profiles, videos.take(order)), every[:, order], rtol=1e-5, atol=1e-6)
    alone = np.concatenate([model.score(profiles, videos.take(np.array([at]))) for at in range(len(videos))], axis=1)
    np.testing.assert_allclose(alone, every, rtol=1e-5, atol=1e-6)


def test_no_videos_and_no_viewers_make_empty_tables(model: Any, data: TrainingData):
    profiles, nobody = profiles_of(data), np.empty(0, np.int32)
    assert model.score(profiles, data.videos.take(nobody)).shape == (len(profiles), 0)
    assert model.score(profiles.take(nobody), data.videos).shape == (0, len(data.videos))
    assert model.explain(profiles.take(np.array([0])), data.videos.take(nobody)).total().shape == (0,)


def stored(folder, model):
    """Every byte of a model."""
    folder.mkdir()
    return write_object(folder, model), {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_data_give_the_same_model_byte_for_byte(subject: Subject, data: TrainingData, tmp_path):
    assert stored(tmp_path / "one", subject.fit(data)) == stored(tmp_path / "two", subject.fit(data))


def test_a_saved_model_scores_and_explains_the_same(model: Any, data: TrainingData, tmp_path):
    again = read_object(tmp_path, write_object(tmp_path, model), type(model))
    profiles, videos = profiles_of(data), with_newer(data)
    np.testing.assert_array_equal(again.score(profiles, videos), model.score(profiles, videos))
    one = profiles.take(np.array([1]))
    np.testing.assert_array_equal(again.explain(one, videos).total(), model.explain(one, videos).total())


def test_fitting_scoring_and_explaining_leave_their_inputs_untouched(subject: Subject, data: TrainingData):
    profiles, videos = profiles_of(data), with_newer(data)
    arrays = [
        data.events.viewer, data.events.video, data.events.weight, data.events.time, data.published,
        data.tags.data, data.tags.indices, data.tags.indptr, videos.rows, videos.tags.data, videos.tags.indices,
        profiles.indptr, profiles.index, profiles.weights, profiles.ages_days, profiles.tags.indptr,
    ]  # fmt: skip
    before = [one.copy() for one in arrays]
    model = subject.fit(data)
    model.score(profiles, videos)
    model.explain(profiles.take(np.array([0])), videos)
    for one, was in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(one, was)


def test_reasons_sum_to_the_score_and_are_zero_where_it_is_nan(model: Any, data: TrainingData):
    profiles, videos = profiles_of(data), with_newer(data)
    profiles = replace(profiles, weights=profiles.weights * np.where(profiles.steps % 3 == 1, -0.5, 1.0).astype("f4"))
    stated = np.zeros(profiles.tags.shape, np.float32)
    stated[::3, 0], stated[1::3, 1] = 1.5, -0.5
    profiles = replace(profiles, tags=sparse.csr_array(stated))
    batch = model.score(profiles, videos)
    for viewer in range(len(profiles)):
        one = profiles.take(np.array([viewer]))
        parts = model.explain(one, videos)
        assert parts.history.shape == (len(videos), len(one.index))
        assert parts.tags.shape == videos.tags.shape
        scale = np.abs(parts.history).sum(1) + np.asarray(abs(parts.tags).sum(1)).ravel() + np.abs(parts.base)
        np.testing.assert_allclose(parts.total(), np.nan_to_num(batch[viewer]), rtol=0, atol=1e-5 * max(scale.max(), 1))
        unknown = np.isnan(batch[viewer])
        assert not parts.history[unknown].any()
        assert not parts.tags[np.flatnonzero(unknown)].nnz or not parts.tags[np.flatnonzero(unknown)].data.any()
        assert not parts.base[unknown].any()


def test_of_a_viewer_without_a_past_only_an_impersonal_model_can_tell(subject: Subject, model: Any, data: TrainingData):
    nobody = profile(data, {})
    scores = model.score(nobody, data.videos)[0, : subject.n_videos]
    assert np.isfinite(scores).all() if subject.nobody else np.isnan(scores).all()
    parts = model.explain(nobody, data.videos)
    np.testing.assert_allclose(parts.total()[: subject.n_videos], np.nan_to_num(scores), rtol=1e-5, atol=1e-5)


def ignores_an_unknown_video(model: Any, data: TrainingData, weight: float) -> None:
    without = model.score(profile(data, {"v00": 1, "v02": 1}), data.videos)
    with_unknown = model.score(profile(data, {"v00": 1, "?": weight, "v02": 1}), data.videos)
    np.testing.assert_allclose(with_unknown, without, rtol=1e-5, atol=1e-6)


def test_a_past_video_that_the_model_never_saw_is_ignored(model: Any, data: TrainingData):
    ignores_an_unknown_video(model, data, -1.0)


@those(lambda one: one is not SUBJECTS["hybrid"])  # to which a liked video tells how much is known of the viewer
def test_a_liked_video_that_the_model_never_saw_is_ignored(model: Any, data: TrainingData):
    ignores_an_unknown_video(model, data, 1.0)


def test_of_a_viewer_with_only_unknown_videos_no_more_is_known_than_of_nobody(
    subject: Subject, model: Any, data: TrainingData
):
    strange, nobody = (model.score(profile(data, one), data.videos) for one in ({"?": -1.0}, {}))
    np.testing.assert_allclose(strange, nobody, rtol=1e-5, atol=1e-6)


@those(lambda one: one.personal)
def test_turning_a_video_down_speaks_against_videos_like_it(model: Any, data: TrainingData):
    kind, other = column(data, "v04"), column(data, "v05")
    liked, turned_down = (
        model.score(profile(data, {"v02": weight, "v00": 1.0, "v01": 1.0}), data.videos)[0] for weight in (1.0, -2.0)
    )
    assert turned_down[kind] - turned_down[other] < liked[kind] - liked[other]
    assert turned_down[kind] < liked[kind]


def test_the_order_in_which_a_past_is_listed_does_not_matter(model: Any, data: TrainingData):
    past = {"v00": 1.0, "v03": -0.5, "v02": 2.0, "v06": 1.0}
    one = profile(data, past)
    other = profile(data, dict(reversed(past.items())))
    np.testing.assert_allclose(model.score(other, data.videos), model.score(one, data.videos), rtol=1e-5, atol=1e-6)


def test_repeated_events_count_as_one_of_their_summed_weight(subject: Subject, model: Any, data: TrainingData):
    events = data.events
    doubled = replace(
        events, viewer=np.repeat(events.viewer, 2), video=np.repeat(events.video, 2),
        weight=np.repeat(events.weight / 2, 2), time=np.repeat(events.time, 2),
    )  # fmt: skip
    profiles = Profiles.of(doubled.pairs(), data.videos, data.as_of)
    np.testing.assert_allclose(
        model.score(profiles, data.videos), model.score(profiles_of(data), data.videos), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", ["item_item primal", "factors", "knn", "hybrid"])
def test_a_model_of_behaviour_refuses_data_without_any_liking(name: str):
    with pytest.raises(DataError, match="at least one event of positive weight"):
        SUBJECTS[name].fit(toy("ann: -a -b", "a: t"))


def test_histories_fade_in_a_batch_as_alone():
    fading = Recency(half_life_days=3, tau_steps=2)
    data = tastes(14, 12)
    config = CoresConfig(item_item=ItemItemConfig(recency=fading), factors=replace(SMALL, recency=fading))
    model = fit_cores(data, config)
    batch = model.score(profiles_of(data), data.videos)
    for viewer in (0, 13):
        one = profiles_of(data).take(np.array([viewer]))
        np.testing.assert_allclose(model.score(one, data.videos)[0], batch[viewer], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.explain(one, data.videos).total(), batch[viewer], rtol=1e-5, atol=1e-5)
