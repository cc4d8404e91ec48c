import json
from pathlib import Path

import pytest

from pipelines.benchmark.clip import Still, Truth
from pipelines.benchmark.clip_quality import (
    Figure,
    boundaries_exact,
    captions_exact,
    captions_false,
    false_sure,
    iou,
    said_within,
    stills_right,
    word_error_rate,
)
from pipelines.benchmark.tagging import TaggingBenchmark
from pipelines.benchmark.tune import tune
from pipelines.tagging.view import Shot
from recsys.tags.evidence import Evidence

RESULTS = Path(__file__).parents[3] / "docs" / "results" / "tagging.json"
CAT, MUG = Still("cat.png", 1, ("一只猫",), ("cat", "tabby")), Still("mug.png", 1, (), ("mug",))
TRUTH = Truth(
    shots=((0, 1_000), (1_000, 2_000), (2_000, 3_000)), stills=(((0, 1_000), CAT), ((1_000, 2_000), MUG)),
    street=(2_000, 3_000), captions=(("一只猫", (0, 1_000)),), english=(0, 500), chinese=(600, 900),
    tune=(1_000, 2_000),
)  # fmt: skip


def found(label, start_ms, end_ms, confidence=0.9, dimension="object", source="objects", language="en"):
    return Evidence(
        dimension=dimension, label=label, language=language, confidence=confidence, start_ms=start_ms, end_ms=end_ms,
        box=None, source=source, version="1",
    )  # fmt: skip


def test_a_boundary_that_is_a_frame_off_counts_as_missed_and_as_false():
    assert boundaries_exact([Shot(0, 1_000), Shot(1_000, 2_000), Shot(2_000, 3_000)], TRUTH) == 1
    assert boundaries_exact([Shot(0, 1_040), Shot(1_040, 2_000), Shot(2_000, 3_000)], TRUTH) == 3 / 5


def test_a_caption_counts_if_it_is_exact_up_to_spaces_while_it_is_shown():
    def text(label, start_ms):
        return found(label, start_ms, start_ms + 1_000, dimension="text")

    assert captions_exact([text("一只 猫", 0)], TRUTH) == 1
    assert captions_exact([text("一只猫", 2_000)], TRUTH) == 0
    assert captions_exact([text("一只狗", 0)], TRUTH) == 0
    assert captions_false([text("一只狗", 0), text("一只 猫", 0)], TRUTH) == ["一只狗"]


@pytest.mark.parametrize(
    "heard, said, rate",
    [("a b c", "a b c", 0), ("a c", "a b c", 1 / 3), ("a x b c", "a b c", 1 / 3), ("", "a b", 1), ("x y", "a b", 1)],
)
def test_words_inserted_left_out_and_replaced_are_errors(heard, said, rate):
    assert word_error_rate(heard, said) == pytest.approx(rate)


def test_words_of_the_language_in_the_stretch_count_in_their_order():
    given = [
        found("second", 300, 400, source="speech"), found("first", 0, 200, source="speech"),
        found("第三", 0, 200, source="speech", language="zh"), found("later", 600, 700, source="speech"),
    ]  # fmt: skip
    assert said_within(given, (0, 500), "en") == "first second"


def test_overlapping_spans_count_once():
    assert iou([(0, 100), (50, 100)], [(0, 100)]) == 1
    assert iou([], [(0, 100)]) == 0


def test_the_surest_label_of_a_photo_decides():
    right = [found("cat", 0, 1_000, 0.6), found("dog", 0, 1_000, 0.5), found("mug", 1_000, 2_000)]
    assert stills_right(right, TRUTH) == 1
    assert stills_right([found("cat", 0, 1_000, 0.4), found("dog", 0, 1_000, 0.5)], TRUTH) == 0


def test_what_is_claimed_surely_and_is_not_there_is_false():
    given = [
        found("dog", 0, 1_000, 0.8),
        found("dog", 0, 1_000, 0.79),
        found("cat", 0, 1_000),
        found("car", 2_000, 3_000),
    ]
    assert false_sure(given, TRUTH) == ["dog"]
    assert false_sure([found("car", 0, 1_000)], TRUTH) == ["car"]


def test_figures_are_a_list_that_machines_read(tmp_path):
    TaggingBenchmark([Figure("shots", "boundaries_exact", 1.0)]).write(tmp_path / "new" / "tagging.json")
    told = json.loads((tmp_path / "new" / "tagging.json").read_text())
    assert told == [{"analyser": "shots", "metric": "boundaries_exact", "value": 1.0}]


def test_the_tune_is_the_same_each_time_and_as_long_as_asked():
    assert (tune(1.0) == tune(1.0)).all()
    assert len(tune(2.5)) == 40_000


def test_the_figures_that_are_committed_keep_what_the_guide_promises():
    told = {(one["analyser"], one["metric"]): one["value"] for one in json.loads(RESULTS.read_text())}
    assert told["whole chain", "cpu_s_per_video_minute"] <= 30
    assert told["captions", "captions_exact"] == told["shots", "boundaries_exact"] == 1
    assert told["speech", "wer_english"] <= 0.1
