"""All analysers on a clip of known content, without a network, through the command as a user runs it."""

import json
import socket

import pytest
from typer.testing import CliRunner

from pipelines.benchmark.clip import ENGLISH_WORDS, make_clip
from pipelines.benchmark.clip_media import PHOTOS
from pipelines.benchmark.clip_quality import (
    boundaries_exact,
    captions_exact,
    captions_false,
    false_sure,
    quality,
    said_within,
    stills_right,
    word_error_rate,
)
from pipelines.cli.main import build
from pipelines.tagging.analysers.prototypes import PrototypesConfig
from pipelines.tagging.chain import Chain
from pipelines.tagging.config import TaggingConfig
from pipelines.tagging.view import Shot
from pipelines.tagging.weights import MODELS
from recsys.datasets.assets import fetch_asset
from recsys.errors import AssetError
from recsys.tags.evidence import Evidence

pytestmark = pytest.mark.slow
for extra in ("rapidocr", "faster_whisper"):
    pytest.importorskip(extra, reason="needs the extras 'tagging' and 'asr'")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """The clip and what is in it."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    try:
        for model in MODELS.values():
            fetch_asset(model)
        return path, make_clip(path)
    except AssetError as error:
        pytest.skip(f"models and media are not cached here and cannot be fetched: {error}")


@pytest.fixture(scope="module")
def tagged(clip):
    """What `tagreel tag --json --report` says of it while every connection is refused; shots and evidence."""

    def refuse(*given, **options):
        raise OSError("no network in this test")

    path, _ = clip
    with pytest.MonkeyPatch.context() as patch:
        for way in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, way, refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        page = path.with_suffix(".html")
        result = CliRunner().invoke(build(), ["tag", str(path), "--json", "--report", str(page)])
    assert result.exit_code == 0, result.stderr
    (told,) = json.loads(result.stdout)["videos"]
    assert [(one["analyser"], one["says"]) for one in told["analysers"] if one["state"] != "done"] == []
    evidence = [Evidence(**one | {"box": one["box"] and tuple(one["box"])}) for one in told["evidence"]]
    return [Shot(**one) for one in told["shots"]], evidence


@pytest.fixture(scope="module")
def truth(clip):
    return clip[1]


def test_shot_boundaries_are_exact(tagged, truth):
    assert [(one.start_ms, one.end_ms) for one in tagged[0]] == list(truth.shots)
    assert boundaries_exact(tagged[0], truth) == 1


def test_each_caption_is_read_exactly_and_nothing_else(tagged, truth):
    assert captions_exact(tagged[1], truth) == 1
    assert captions_false(tagged[1], truth) == []


def test_english_speech_is_understood(tagged, truth):
    assert word_error_rate(said_within(tagged[1], truth.english, "en"), ENGLISH_WORDS) <= 0.1


def test_chinese_speech_is_known_as_chinese_and_written_simplified(tagged, truth):
    said = said_within(tagged[1], truth.chinese, "zh")
    assert "宇宙" in said
    assert not set("營陳張黃") & set(said)


def test_the_surest_object_of_the_photos_is_right(tagged, truth):
    assert stills_right(tagged[1], truth) >= 0.8


def test_no_object_is_claimed_surely_where_it_is_not(tagged, truth):
    assert false_sure(tagged[1], truth) == []


def test_people_and_cars_are_seen_in_the_street(tagged, truth):
    start_ms, end_ms = truth.street
    seen = {one.label for one in tagged[1] if one.source == "objects" and start_ms < one.end_ms <= end_ms}
    assert {"person", "car"} <= seen


@pytest.mark.parametrize("metric", ["music_iou", "speech_iou"])
def test_music_and_speech_are_heard_where_they_are(tagged, truth, metric):
    assert {one.metric: one.value for one in quality(*tagged, truth)}[metric] >= 0.7


def test_keywords_and_topics_follow_from_the_captions_in_both_languages(tagged):
    found = {(one.dimension, one.label) for one in tagged[1]}
    assert {("keyword", "红烧肉"), ("keyword", "braised pork recipe"), ("category", "cooking")} <= found


def test_the_page_shows_frames_tags_and_captions_and_needs_nothing_else(tagged, clip):
    page = clip[0].with_suffix(".html").read_text(encoding="utf-8")
    assert page.count("<img") >= len(tagged[0])
    assert "红烧肉的做法" in page
    assert "<script" not in page
    assert 'src="http' not in page


def test_a_handful_of_labelled_frames_finds_what_resembles_them(clip, tmp_path):
    cv2 = pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    path, truth = clip
    photos = fetch_asset(PHOTOS).path
    for label, name in (("our cat", "chelsea.png"), ("our mug", "coffee.png")):
        (tmp_path / label).mkdir()
        picture = cv2.imread(str(photos / name))
        for number, seen in enumerate((picture, picture[:, ::-1], picture[30:-30, 40:-40], picture // 2)):
            cv2.imwrite(str(tmp_path / label / f"{number}.png"), seen)
    config = TaggingConfig(only=("shots", "prototypes"), prototypes=PrototypesConfig(folder=tmp_path))
    found = [one for one in Chain(config).tag(path).evidence if one.dimension == "custom"]
    cat, first_mug, last_mug = truth.stills[0][0], truth.stills[1][0], truth.stills[-1][0]
    assert [(one.label, (one.start_ms, one.end_ms)) for one in found] == [
        ("our cat", cat), ("our mug", first_mug), ("our mug", last_mug),
    ]  # fmt: skip
