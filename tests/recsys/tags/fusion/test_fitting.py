"""The model out of labelled videos, and as JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from recsys.datasets.labelled_clips import ANALYSERS, ClipConfig, make_clips
from recsys.errors import ConfigError, DataError
from recsys.tags.fusion.calibration import PRIOR, Isotonic, Platt
from recsys.tags.fusion.config import FusionConfig
from recsys.tags.fusion.fitting import LabelledVideo, best_threshold, closed, fit_fusion, kept, mean_f1
from recsys.tags.fusion.fuse import fuse
from recsys.tags.fusion.mapping import Mapper
from recsys.tags.fusion.model import FusionModel
from recsys.tags.fusion.video import TaggedVideo
from recsys.tags.shipped import default_taxonomy
from recsys.tags.vocabulary import Vocabulary


def video(*evidence, about=("object:cat",)):
    return LabelledVideo(TaggedVideo(evidence), frozenset(about))


def test_a_source_that_is_often_wrong_is_believed_less(mapper, seen):
    given = [
        video(seen("cat", 0.8, source="good"), seen("dog" if n % 4 else "cat", 0.8, source="bad")) for n in range(40)
    ]
    model = fit_fusion(given, mapper)
    good, bad = (model.calibrator(source)(np.array([0.8]))[0] for source in ("good", "bad"))
    assert good is not None
    assert bad == pytest.approx(0.25, abs=0.05)
    assert model.calibrators["good"] is PRIOR  # never wrong, so nobody knows how often it would be


def test_sources_that_err_together_are_found_out(mapper, seen):
    rng = np.random.default_rng(0)
    given = []
    for _ in range(60):
        wrong = f"wrong {rng.integers(9)}"
        given.append(video(seen("cat", 0.8, source="a"), seen(wrong, 0.6, source="a"), seen(wrong, 0.6, source="b"),
                           seen(f"wrong {rng.integers(9)}", 0.6, source="c")))  # fmt: skip
    correlations = fit_fusion(given, mapper).correlations
    assert correlations.of("a", "b") == correlations.of("b", "a") == 0.95
    assert correlations.of("a", "c") < 0.2
    assert correlations.of("a", "nobody") == correlations.default


def test_truth_holds_the_parents_too(mapper):
    assert closed(frozenset({"object:cat"}), mapper) == {"object:cat", "object:animal"}


def test_the_threshold_is_where_f1_is_best():
    stated = [{"a": 0.9, "b": 0.6, "c": 0.2}, {"a": 0.8, "d": 0.5}]
    truths = [frozenset("ab"), frozenset("a")]
    least = best_threshold(stated, truths)
    assert 0.5 < least <= 0.6
    assert mean_f1([kept(one, least) for one in stated], truths) == 1.0
    assert best_threshold([{}], [frozenset()]) == 0.25


def test_without_labelled_videos_there_is_nothing_to_fit(mapper):
    with pytest.raises(DataError, match="no labelled videos"):
        fit_fusion([], mapper)


def test_videos_in_which_everything_is_true_leave_the_priors(mapper, seen):
    model = fit_fusion([video(seen("cat"))], mapper)
    assert model.relevance.weights == FusionModel().relevance.weights


def test_a_model_survives_json_and_is_refused_when_damaged():
    model = FusionModel({"a": Platt(0.5, -1.0), "b": Isotonic((0.1, 0.9), (0.2, 0.8))}, threshold=0.25, n_videos=7)
    text = model.to_json()
    again = FusionModel.from_json(text.encode())
    assert (again, again.to_json()) == (model, text)
    for change, says in (
        ({"form": "x"}, r"\$\.form is 'x'"),
        ({"threshold": 2}, r"\$\.threshold is 2; it must be within 0 and 1"),
        ({"calibrators": {"a": {"kind": "magic"}}}, r"\$\.calibrators\.a\.kind is 'magic'"),
        ({"calibrators": {"a": {"kind": "platt", "slope": "x"}}}, r"\$\.calibrators\.a\.slope is 'x'"),
        ({"calibrators": {"a": {"kind": "isotonic", "confidences": [0.5, 0.1], "chances": [0, 1]}}}, "rise"),
        ({"relevance": None}, r"\$\.relevance\.weights\.belief"),
    ):
        with pytest.raises(DataError, match=says):
            FusionModel.from_json(json.dumps(json.loads(text) | change).encode())


# on made clips


@pytest.fixture(scope="module")
def clips():
    return make_clips(default_taxonomy(), ClipConfig(n_clips=60))


def test_made_clips_are_the_same_for_the_same_seed_and_differ_for_another(clips):
    again = make_clips(default_taxonomy(), ClipConfig(n_clips=3))
    assert again == clips[:3]
    assert make_clips(default_taxonomy(), ClipConfig(n_clips=1, seed=8)) != clips[:1]
    with pytest.raises(ConfigError, match="n_clips is 0"):
        ClipConfig(n_clips=0)


def test_made_clips_have_evidence_of_every_analyser_misses_and_false_alarms(clips):
    mapper = Mapper(Vocabulary.of(default_taxonomy().nodes))
    assert {one.source for clip in clips for one in clip.video.evidence} == {one.name for one in ANALYSERS}
    said = [{tag for tags in mapper.tags(clip.video.evidence) for tag in tags} for clip in clips]
    hits = sum(len(found & clip.tags) for found, clip in zip(said, clips, strict=True))
    assert 0.7 < hits / sum(len(clip.tags) for clip in clips) < 1.0
    assert hits / sum(map(len, said)) < 0.6


def test_fitted_fusion_finds_more_than_priors_and_both_more_than_any_analyser(clips):
    mapper = Mapper(Vocabulary.of(default_taxonomy().nodes), FusionConfig(threshold=0.0, most_tags=10_000))
    given, asked = clips[:30], clips[30:]
    truths = [closed(one.tags, mapper) for one in asked]
    model = fit_fusion(given, mapper)

    def heard(video, sources):
        return replace(video, evidence=tuple(one for one in video.evidence if one.source in sources))

    def score(model, sources=frozenset(one.name for one in ANALYSERS)):
        videos = [heard(one.video, sources) for one in asked]
        found = [{tag.tag_id: tag.confidence for tag in fuse(one, mapper, model)} for one in videos]
        return mean_f1([kept(one, model.threshold) for one in found], truths)

    single = max(score(model, {one.name}) for one in ANALYSERS)
    assert score(model) > score(FusionModel()) > single
