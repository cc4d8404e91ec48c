import json
import os

import numpy as np
import pytest
from typer.testing import CliRunner

from pipelines.cli.main import build
from pipelines.tagging import chain
from pipelines.tagging.analyser import Kind
from recsys.errors import MissingExtraError
from recsys.tags.evidence import Evidence

av = pytest.importorskip("av", reason="needs the extra 'tagging'")


class Seer:
    def analyse(self, view):
        for label, start_ms, confidence in (("猫", 0, 0.9), ("<b>sofa</b>", 500, 0.5), ("猫", 1_500, 0.4)):
            yield Evidence(
                dimension="object", label=label, language=None, confidence=confidence, start_ms=start_ms,
                end_ms=start_ms + 500, box=(0.0, 0.0, 0.5, 0.5), source="seer", version="1",
            )  # fmt: skip


def unavailable():
    raise MissingExtraError("hearing speech", "asr")


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    asked = [Kind("seer", "cats", Seer), Kind("speech", "what is said", unavailable)]
    monkeypatch.setattr(chain, "kinds", lambda config: asked)
    return lambda *args: CliRunner().invoke(build(), ["tag", *map(str, args)])


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "cats & co.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_table_with_timelines_is_printed_and_what_is_lacking_is_named_with_the_command(cli, video):
    result = cli(video)
    assert result.exit_code == 0
    tag, row = [line for line in result.stdout.splitlines() if "猫" in line]
    assert tag.split()[:3] == ["object", "Cat", "猫"]
    assert row.split()[:3] == ["object", "猫", "0.90"]
    assert "▇▇▇▇▇▇▇▇▇▇                    ▃▃▃▃▃▃▃▃▃▃" in row
    assert "speech is unavailable: hearing speech needs the extra 'asr': pip install 'tagreel[asr]'" in result.stdout


def test_json_is_everything_and_nothing_else_on_standard_output(cli, video):
    (told,) = json.loads(cli(video, "--json").stdout)["videos"]
    assert told["duration_ms"] == 2_000
    assert told["evidence"][0] == {
        "dimension": "object", "label": "猫", "language": None, "confidence": 0.9, "start_ms": 0, "end_ms": 500,
        "box": [0.0, 0.0, 0.5, 0.5], "source": "seer", "version": "1",
    }  # fmt: skip
    cat = next(one for one in told["tags"] if one["tag_id"] == "object:cat")
    assert {told["evidence"][part["evidence"]]["label"] for part in cat["parts"]} == {"猫"}
    assert [(one["analyser"], one["state"]) for one in told["analysers"]] == [
        ("seer", "done"),
        ("speech", "unavailable"),
    ]


def test_a_file_that_is_no_video_is_told_and_the_next_is_taken(cli, video, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    result = cli("bad.mp4", "gone.mp4", video, "--json")
    assert result.exit_code == 1
    bad, gone, good = json.loads(result.stdout)["videos"]
    assert "bad.mp4 cannot be read as a video" in bad["error"]
    assert "gone.mp4 is no file" in gone["error"]
    assert len(good["evidence"]) == 3
    assert result.stderr.count("error: ") == 2
    assert sorted(os.listdir(tmp_path)) == ["bad.mp4", "cats & co.mp4"]


def test_the_page_has_a_thumbnail_a_timeline_and_no_markup_of_others(cli, video, tmp_path):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")
    result = cli(video, "--report", "page.html")
    assert result.exit_code == 0, result.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "cats &amp; co.mp4" in page
    assert "&lt;b&gt;sofa&lt;/b&gt;" in page
    assert "<b>" not in page
    assert page.count("data:image/jpeg;base64,") == 1
    assert page.count("<rect") >= 3
    assert "Cat 猫" in page
    assert "pip install" in page


def test_fusion_is_set_like_the_rest(cli, video):
    tags = json.loads(cli(video, "--json", "--set", "fusion.blacklist=['猫']").stdout)["videos"][0]["tags"]
    assert "object:cat" not in {one["tag_id"] for one in tags}


def test_a_video_in_which_nothing_is_found_says_so(cli, video, monkeypatch):
    monkeypatch.setattr(chain, "kinds", lambda config: [])
    assert "nothing was found" in cli(video).stdout
    assert json.loads(cli(video, "--json").stdout)["videos"][0]["tags"] == []


def test_an_unknown_setting_is_named_before_any_work(cli, video):
    result = cli(video, "--set", "captions.sidee=3")
    assert result.exit_code == 1
    assert "unknown key captions.sidee; the nearest known key is captions.side" in result.stderr


def test_without_a_file_it_is_bad_use(cli):
    assert cli().exit_code == 2


def test_help_shows_examples(cli):
    assert "tagreel tag holiday.mp4 --report holiday.html" in cli("--help").stdout
