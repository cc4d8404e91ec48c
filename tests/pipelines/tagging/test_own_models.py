"""A user's own ONNX models, made here: as small as they can be, and real."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.tagging.analysers.own_models import (
    OwnClassifierConfig,
    OwnClipConfig,
    OwnDetectorConfig,
    load_own_classifier,
    load_own_clip,
    load_own_detector,
)
from pipelines.tagging.analysers.registry import kinds
from pipelines.tagging.config import read_tagging_config
from pipelines.tagging.preprocessing import Preprocessing
from recsys.errors import ConfigError, DataError

onnx = pytest.importorskip("onnx", reason="needs the extra 'tagging'")
tokenizers = pytest.importorskip("tokenizers", reason="needs the extra 'tagging'")
BYTES = Preprocessing(size=8, fit="stretch", mean=(0.0, 0.0, 0.0), std=(255.0, 255.0, 255.0))
RED, GREEN = (np.full((8, 8, 3), colour, np.uint8) for colour in ((0, 0, 250), (0, 250, 0)))


@pytest.fixture
def model(tmp_path):
    """Writes a model: `model("a.onnx", nodes, {"x": (type, shape)}, constants)`; its last node gives what it gives."""

    def write(name, nodes, inputs, **constants):
        helper = onnx.helper
        values = [onnx.numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
        graph = helper.make_graph(
            [helper.make_node(kind, takes, [gives], **more) for kind, takes, gives, more in nodes], "made",
            [helper.make_tensor_value_info(key, *one) for key, one in inputs.items()],
            [helper.make_empty_tensor_value_info(nodes[-1][2])], values,
        )  # fmt: skip
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (tmp_path / name).write_bytes(made.SerializeToString())
        return tmp_path / name

    return write


PICTURE = {"x": (1, [1, 3, 8, 8])}
MEAN_COLOUR = [("ReduceMean", ["x"], "mean", {"axes": [2, 3], "keepdims": 0})]
"""(1, 3): how red, green and blue a picture is."""


@pytest.fixture
def labels(tmp_path):
    def write(*lines):
        (tmp_path / "labels.txt").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "labels.txt"

    return write


def seen(analyser, view, *pictures):
    return [(one.label, one.start_ms, one.end_ms) for one in analyser.analyse(view(pictures=pictures))]


def test_a_classifier_tells_its_labels(model, labels, view):
    config = OwnClassifierConfig(
        model=model("colour.onnx", MEAN_COLOUR, PICTURE), labels=labels("red", "green", "blue"), preprocessing=BYTES,
        activation="none", dimension="custom",
    )  # fmt: skip
    analyser = load_own_classifier("colours", config)
    assert seen(analyser, view, RED, GREEN) == [("red", 0, 1_000), ("green", 1_000, 2_000)]
    (one, _) = analyser.analyse(view(pictures=[RED, GREEN]))
    assert (one.source, one.version, one.dimension) == ("colours", "colour", "custom")


def test_labels_that_do_not_fit_the_model_are_told(model, labels, view):
    config = OwnClassifierConfig(
        model=model("colour.onnx", MEAN_COLOUR, PICTURE), labels=labels("red", "green"), preprocessing=BYTES
    )
    with pytest.raises(DataError, match=r"colours gives 3 numbers, but .*labels\.txt has 2 labels"):
        seen(load_own_classifier("colours", config), view, RED)


BOXES = np.float32([[4, 4, 4, 2, 0.1, 0.9], [1, 1, 2, 2, 0.2, 0.1]])
"""Centre and size, then a confidence for each of two labels."""


@pytest.mark.parametrize("turned", [False, True])
def test_a_detector_of_yolos_form_tells_labels_and_boxes(model, labels, view, turned):
    given = BOXES.T if turned else BOXES
    nodes = [("Mul", ["x", "zero"], "none", {}), ("ReduceSum", ["none", "axes"], "nought", {"keepdims": 0})]
    nodes += [("Add", ["nought", "boxes"], "found", {})]
    path = model("d.onnx", nodes, PICTURE, zero=np.float32(0), axes=np.array([0, 1, 2, 3]), boxes=given[None])
    config = OwnDetectorConfig(model=path, labels=labels("cat", "狗"), preprocessing=BYTES, language="zh")
    (one,) = load_own_detector("pets", config).analyse(view(pictures=[RED]))
    assert (one.label, one.language, one.box) == ("狗", "zh", pytest.approx((0.25, 0.375, 0.75, 0.625)))


def test_a_detector_of_corners_tells_labels_and_boxes(model, labels, view):
    nodes = [("Mul", ["x", "zero"], "none", {}), ("ReduceSum", ["none", "axes"], "nought", {"keepdims": 0})]
    nodes += [("Add", ["nought", "boxes"], "found", {})]
    boxes = np.float32([[[0, 2, 4, 8, 0.8, 0], [0, 0, 1, 1, 0.7, 7]]])
    path = model("d.onnx", nodes, PICTURE, zero=np.float32(0), axes=np.array([0, 1, 2, 3]), boxes=boxes)
    config = OwnDetectorConfig(model=path, labels=labels("cat", "dog"), preprocessing=BYTES, boxes="corners")
    (one,) = load_own_detector("pets", config).analyse(view(pictures=[RED]))
    assert (one.label, one.box) == ("cat", (0, 0.25, 0.5, 1))


def test_boxes_of_another_number_of_labels_are_told(model, labels, view):
    path = model("d.onnx", MEAN_COLOUR, PICTURE)
    config = OwnDetectorConfig(model=path, labels=labels("cat"), preprocessing=BYTES)
    with pytest.raises(DataError, match=r"pets gives \(1, 3\); with 1 labels one side must be 5"):
        seen(load_own_detector("pets", config), view, RED)


@pytest.fixture
def clip(model, labels, tmp_path):
    """A pair in which texts are the colours that they name."""
    words = {"[UNK]": 0, "a": 1, "photo": 2, "of": 3, "red": 4, "green": 5, "blue": 6, "grey": 7}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    colours = np.zeros((8, 3), np.float32)
    colours[4], colours[5], colours[6], colours[7] = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
    nodes = [("Gather", ["colours", "ids"], "each", {}), ("ReduceSum", ["each", "axes"], "all", {"keepdims": 0})]
    text = model("text.onnx", nodes, {"ids": (7, ["n", 10])}, colours=colours, axes=np.array([1]))
    return lambda *names, **more: OwnClipConfig(
        **{
            "image": model("image.onnx", MEAN_COLOUR, PICTURE), "text": text, "tokenizer": tmp_path / "tokenizer.json",
            "labels": labels(*names), "background": ("grey",), "context": 10, "preprocessing": BYTES,
        }
        | more
    )  # fmt: skip


def test_an_image_text_pair_finds_any_label_by_its_name(clip, view):
    assert seen(load_own_clip("own", clip("green", "red")), view, RED, GREEN) == [
        ("red", 0, 1_000), ("green", 1_000, 2_000),
    ]  # fmt: skip


def test_where_no_label_fits_the_background_wins(clip, view):
    assert seen(load_own_clip("own", clip("green", "blue")), view, np.full((8, 8, 3), 200, np.uint8)) == []


@pytest.mark.parametrize("field", ["image", "text", "tokenizer"])
def test_a_missing_file_of_a_pair_is_named(clip, tmp_path, field):
    with pytest.raises(ConfigError, match=r"own: .*gone is no file"):
        load_own_clip("own", clip("red", **{field: tmp_path / "gone"}))


def test_a_tokenizer_that_is_none_is_told(clip, tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"own: .*bad\.json is no tokenizer"):
        load_own_clip("own", clip("red", tokenizer=tmp_path / "bad.json"))


def test_encoders_of_different_pairs_are_told(clip, model, view):
    two = model("two.onnx", [("ReduceMean", ["x"], "m", {"axes": [1, 2], "keepdims": 0})], PICTURE)
    with pytest.raises(DataError, match="belong to no one pair"):
        seen(load_own_clip("own", clip("red", image=two)), view, RED)


def test_a_model_that_is_missing_or_none_is_named(tmp_path, labels):
    with pytest.raises(ConfigError, match=r"colours: .*gone\.onnx is no file; name an ONNX model"):
        load_own_classifier("colours", OwnClassifierConfig(model=tmp_path / "gone.onnx", labels=labels("red")))
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ConfigError, match=r"bad\.onnx cannot be used as an ONNX model"):
        load_own_classifier("colours", OwnClassifierConfig(model=tmp_path / "bad.onnx", labels=labels("red")))


@pytest.mark.parametrize("lines", [None, [], ["", "  "]])
def test_labels_that_are_missing_or_empty_are_told(model, labels, tmp_path, lines):
    path = tmp_path / "gone.txt" if lines is None else labels(*lines)
    with pytest.raises(ConfigError, match=r"colours: .*(cannot be read|has no labels)"):
        load_own_classifier("colours", OwnClassifierConfig(model=model("c.onnx", MEAN_COLOUR, PICTURE), labels=path))


def test_models_are_set_up_in_the_file_by_name(tmp_path):
    (tmp_path / "tagging.toml").write_text(
        'without = ["speech"]\n[classifiers.birds]\nmodel = "birds.onnx"\nlabels = "birds.txt"\n'
        "[classifiers.birds.preprocessing]\nsize = 96\n"
    )
    config = read_tagging_config(tmp_path / "tagging.toml")
    assert config.classifiers["birds"].model == tmp_path / "birds.onnx"
    assert config.classifiers["birds"].preprocessing.size == 96
    names = [one.name for one in kinds(config)]
    assert names.index("classes") < names.index("birds") < names.index("keywords")


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "t.toml").write_text('[classifiers.objects]\nmodel = "a.onnx"\nlabels = "a.txt"\n')
    with pytest.raises(ConfigError, match="two analysers are named objects; rename your own"):
        kinds(read_tagging_config(tmp_path / "t.toml"))


def test_the_example_in_the_guide_is_a_config(tmp_path):
    guide = (Path(__file__).parents[3] / "docs" / "tagging.md").read_text(encoding="utf-8")
    (tmp_path / "tagging.toml").write_text(guide.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    config = read_tagging_config(tmp_path / "tagging.toml")
    assert config.topics.names["urban farming"] == ("城市农业", "rooftop garden")
    assert config.vision_endpoint.max_cost == 0.5
    names = [one.name for one in kinds(config)]
    assert names[6:-2] == ["prototypes", "birds", "logos", "anything", "vision_endpoint", "speech_endpoint"]
