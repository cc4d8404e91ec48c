"""What turns models' numbers into evidence: preprocessing, classifiers, detectors, prototypes."""

import numpy as np
import pytest

from pipelines.tagging.analysers.classifier import Classifier
from pipelines.tagging.analysers.detector import Detector
from pipelines.tagging.analysers.objects import COCO, decoded
from pipelines.tagging.analysers.prototypes import Prototypes, PrototypesConfig, load_prototypes, prototypes_of
from pipelines.tagging.boxes import Boxes, best
from pipelines.tagging.efficientnet import UNRELATED
from pipelines.tagging.preprocessing import PAD, Preprocessing
from recsys.errors import ConfigError

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


@pytest.fixture
def picture():
    """Wide, blue on the left and red on the right."""
    made = np.zeros((20, 60, 3), np.uint8)
    made[:, :30, 0], made[:, 30:, 2] = 200, 100
    return made


def test_a_crop_is_the_middle_in_the_order_of_colours_asked_for(picture):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    given = Preprocessing(size=10, resize=20, colours="bgr", **PLAIN).of(picture)
    assert given.shape == (1, 3, 10, 10)
    assert given[0, :, 5, 0].tolist() == [200, 0, 0]
    assert Preprocessing(size=10, resize=20, **PLAIN).of(picture)[0, :, 5, 9].tolist() == [100, 0, 0]


def test_padding_keeps_all_of_the_picture_in_the_upper_left(picture):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    given = Preprocessing(size=30, fit="pad", layout="nhwc", **PLAIN).of(picture)[0]
    assert given.shape == (30, 30, 3)
    assert given[5, 2].tolist() == [0, 0, 200]
    assert given[20, 15].tolist() == [PAD] * 3


def test_mean_and_deviation_apply_by_channel(picture):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    given = Preprocessing(size=4, fit="stretch", mean=(100, 0, 0), std=(2, 1, 4)).of(picture)
    assert given[0, :, 0, 0].tolist() == [-50, 0, 50]


@pytest.mark.parametrize("setting", [{"size": 0}, {"resize": 5}, {"mean": (1.0,)}, {"std": (1.0, 0.0, 1.0)}])
def test_preprocessing_out_of_range_is_named(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Preprocessing(**setting)


class Plain:
    """Passes a picture on."""

    fit, size = "stretch", 100

    def of(self, picture):
        return picture


def classifier(scores, **settings):
    given = {"activation": "none", "temperature": 1.0, "confidence": 0.5, "most": 2} | settings
    return Classifier(
        name="own", version="1", dimension="object", labels=["cat", "dog", "bird"], language="en",
        preprocessing=Plain(), score=lambda picture: np.float32(scores[int(picture[0, 0, 0])]), **given,
    )  # fmt: skip


def seen(found):
    return [(one.label, one.start_ms, one.end_ms, round(one.confidence, 2)) for one in found]


def frames(*numbers):
    return [np.full((2, 2, 3), number, np.uint8) for number in numbers]


def test_a_label_in_neighbouring_frames_is_one_piece(view):
    found = classifier([[0.9, 0.1, 0], [0.1, 0.8, 0]]).analyse(view(pictures=frames(0, 0, 1)))
    assert seen(found) == [("cat", 0, 2_000, 0.9), ("dog", 2_000, 3_000, 0.8)]


def test_the_surest_labels_that_are_sure_enough_count(view):
    assert seen(classifier([[0.7, 0.6, 0.8]]).analyse(view(pictures=frames(0)))) == [
        ("bird", 0, 1_000, 0.8), ("cat", 0, 1_000, 0.7),
    ]  # fmt: skip
    assert seen(classifier([[0.1, 0.2, 0.3]]).analyse(view(pictures=frames(0)))) == []


def test_temperature_makes_a_softmax_humbler(view):
    scores = [[3.0, 0.0, 0.0]]
    [hot] = classifier(scores, activation="softmax", temperature=2.0).analyse(view(pictures=frames(0)))
    [cold] = classifier(scores, activation="softmax").analyse(view(pictures=frames(0)))
    assert 0.5 < hot.confidence < cold.confidence == pytest.approx(np.exp(3) / (np.exp(3) + 2))


def test_the_surest_of_overlapping_boxes_of_a_class_stays_and_other_classes_do():
    corners = np.float32([[0, 0, 10, 10], [1, 1, 11, 11], [0, 0, 10, 10], [50, 50, 60, 60]])
    found = best(Boxes(corners, np.array([0, 0, 1, 0]), np.float32([0.6, 0.9, 0.5, 0.7])), 10)
    assert found.scores.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert found.classes.tolist() == [0, 0, 1]
    assert len(best(Boxes(corners, np.array([0, 0, 1, 0]), np.float32([0.6, 0.9, 0.5, 0.7])), 2).scores) == 2


def test_no_boxes_are_no_boxes():
    none = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
    assert len(best(none, 5).scores) == 0


def test_a_box_is_told_in_shares_of_the_picture_and_cut_at_its_edge(view):
    boxes = Boxes(np.float32([[10, 20, 50, 120]]), np.array([1]), np.float32([0.9]))
    detector = Detector(
        name="own", version="1", dimension="object", labels=["cat", "dog"], language="en", preprocessing=Plain(),
        detect=lambda picture: boxes, confidence=0.5,
    )  # fmt: skip
    (found,) = detector.analyse(view(pictures=frames(0)))
    assert (found.label, found.box) == ("dog", pytest.approx((0.1, 0.2, 0.5, 1.0)))


def test_boxes_of_a_padded_picture_are_shares_of_the_picture_and_not_of_the_padding(view):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    boxes = Boxes(np.float32([[0, 0, 100, 50]]), np.array([0]), np.float32([0.9]))
    detector = Detector(
        name="own", version="1", dimension="object", labels=["cat"], language="en",
        preprocessing=Preprocessing(size=100, fit="pad"), detect=lambda picture: boxes, confidence=0.5,
    )  # fmt: skip
    (found,) = detector.analyse(view(pictures=[np.zeros((20, 40, 3), np.uint8)]))
    assert found.box == (0, 0, 1, 1)


def test_distances_and_classes_of_a_place_make_its_box():
    maps = [np.full((1, 124, side, side), -20, np.float32) for side in (4, 2, 1)]
    place = maps[0][0, :, 1, 2]  # 8 pixels a step: the centre is at 2 · 8 + 3.5, 1 · 8 + 3.5
    place[COCO.index("dog")] = 20
    for edge, steps in enumerate((1, 0, 2, 3)):  # left, top, right, bottom
        place[80 + 11 * edge + steps] = 20
    found = decoded(maps)
    surest = found.scores.argmax()
    assert COCO[found.classes[surest]] == "dog"
    assert found.scores[surest] == pytest.approx(1.0)
    assert found.corners[surest].tolist() == pytest.approx([19.5 - 8, 11.5, 19.5 + 16, 11.5 + 24], abs=1e-3)


def unit(*values):
    vector = np.float32(values)
    return vector / np.linalg.norm(vector)


def test_what_resembles_the_labelled_frames_has_the_tag_and_what_resembles_others_has_not():
    labelled = {"red": [unit(1, 0.1, 0), unit(1, 0, 0.1)], "green": [unit(0.1, 1, 0), unit(0, 1, 0.1)]}
    red, green = prototypes_of(labelled)
    assert (red.label, green.label) == ("red", "green")
    assert red.confidence(unit(1, 0.05, 0.05)) > 0.9
    assert red.confidence(unit(0, 1, 0)) < 0.05
    assert red.confidence(red.vector) > red.confidence(unit(1, 0.5, 0.5)) > red.confidence(unit(1, 1, 1))


def test_one_frame_is_enough():
    (found,) = prototypes_of({"red": [unit(1, 0, 0)]})
    assert found.confidence(unit(1, 0, 0)) > 0.9
    assert found.confidence(unit(UNRELATED, np.sqrt(1 - UNRELATED**2), 0)) < 0.06


def test_frames_that_are_no_more_like_each_other_than_like_others_are_refused():
    with pytest.raises(ConfigError, match=r"frames of 'a' resemble each other .* no more than others"):
        prototypes_of({"a": [unit(1, 0), unit(0, 1)], "b": [unit(1, 1)]})


def test_prototypes_tell_where_their_label_is(view):
    vectors = {0: unit(1, 0), 9: unit(0, 1)}
    found = Prototypes(
        PrototypesConfig(), prototypes_of({"猫": [unit(1, 0)]}), lambda picture: vectors[int(picture[0, 0, 0])]
    ).analyse(view(pictures=frames(9, 0, 0, 9)))
    assert [(one.label, one.language, one.dimension, one.start_ms, one.end_ms) for one in found] == [
        ("猫", "zh", "custom", 1_000, 3_000)
    ]


def test_a_folder_for_prototypes_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match=r"set prototypes\.folder"):
        load_prototypes(PrototypesConfig())
    with pytest.raises(ConfigError, match="which is no folder"):
        load_prototypes(PrototypesConfig(folder=tmp_path / "gone"))
