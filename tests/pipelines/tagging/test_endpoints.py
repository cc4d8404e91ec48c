"""Endpoints, against a server on this machine that answers as OpenAI-compatible ones do."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from pipelines.tagging.analysers.speech_endpoint import SpeechEndpoint, SpeechEndpointConfig, load_speech_endpoint
from pipelines.tagging.analysers.vision_endpoint import VisionEndpoint, VisionEndpointConfig, load_vision_endpoint
from pipelines.tagging.endpoint import Endpoint, EndpointConfig, EndpointError, SpentError
from recsys.errors import ConfigError


class Server:
    """Answers in the order given, the last one for ever; remembers what it was asked."""

    def __init__(self):
        self.answers, self.asked = [(200, {})], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, dict(self.headers), body))
                status, answer, *more = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if status == "slow":
                    time.sleep(0.5)
                    return
                raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in (more[0] if more else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *given):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))


@pytest.fixture
def server():
    made = Server()
    made.thread.start()
    yield made
    made.http.shutdown()
    made.thread.join()
    made.http.server_close()


@pytest.fixture
def endpoint(server):
    """An endpoint there, and how long it paused between tries."""

    def make(config=None, **settings):
        pauses = []
        config = config or EndpointConfig(**{"url": server.url, "model": "m", "timeout_s": 5.0} | settings)
        return Endpoint(config, pauses.append), pauses

    return make


def post(endpoint, cost=0.0):
    return endpoint.post("things", b"{}", "application/json", lambda answer: cost)


def test_an_answer_comes_back_and_the_key_goes_along(server, endpoint, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret")
    server.answers = [(200, {"fine": 1})]
    assert post(endpoint(key_variable="MY_KEY")[0]) == {"fine": 1}
    (path, headers, _) = server.asked[0]
    assert (path, headers["Authorization"]) == ("/v1/things", "Bearer secret")


def test_without_a_key_none_is_sent(server, endpoint):
    post(endpoint()[0])
    assert "Authorization" not in server.asked[0][1]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again_after_a_growing_pause(server, endpoint, status):
    server.answers = [(status, {}), (status, {}), (200, {"fine": 1})]
    made, pauses = endpoint()
    assert post(made) == {"fine": 1}
    assert pauses == [1.0, 2.0]


def test_the_server_may_say_how_long_to_wait_but_not_for_ever(server, endpoint):
    server.answers = [(429, {}, {"Retry-After": "7"}), (429, {}, {"Retry-After": "9999"}), (200, {})]
    made, pauses = endpoint()
    post(made)
    assert pauses == [7.0, 30.0]


def test_after_the_last_try_the_error_says_what_the_server_said(server, endpoint):
    server.answers = [(503, {"error": "overloaded"})]
    made, pauses = endpoint(tries=2)
    with pytest.raises(EndpointError, match=r"/v1/things gave no answer that can be used, saying '503: .*overloaded"):
        post(made)
    assert (len(server.asked), len(pauses)) == (2, 1)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_tried_again(server, endpoint, status):
    server.answers = [(status, {"error": "no"})]
    with pytest.raises(EndpointError, match=str(status)):
        post(endpoint()[0])
    assert len(server.asked) == 1


def test_silence_is_an_error_after_the_time_limit(server, endpoint):
    server.answers = [("slow", {})]
    with pytest.raises(EndpointError, match="timed out"):
        post(endpoint(timeout_s=0.05, tries=2)[0])


def test_nobody_there_is_an_error():
    gone = Endpoint(EndpointConfig(url="http://127.0.0.1:9/v1", model="m", tries=1, timeout_s=2.0))
    with pytest.raises(EndpointError, match="gave no answer"):
        post(gone)


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[1]", b"x" * (9 << 20)])
def test_what_is_no_json_object_is_an_error(server, endpoint, answer):
    server.answers = [(200, answer)]
    with pytest.raises(EndpointError):
        post(endpoint(tries=1)[0])


def test_a_redirect_is_not_followed(server, endpoint):
    server.answers = [(302, {}, {"Location": server.url + "/elsewhere"}), (200, {"followed": 1})]
    with pytest.raises(EndpointError, match="302"):
        post(endpoint(tries=1)[0])
    assert len(server.asked) == 1


def test_the_budget_is_never_passed(server, endpoint):
    made, _ = endpoint(max_cost=1.0)
    for _ in range(2):
        post(made, cost=0.4)
    with pytest.raises(SpentError, match=r"0\.8000 of 1 is spent"):
        post(made, cost=0.4)
    assert len(server.asked) == 2
    assert made.spent == pytest.approx(0.8)


@pytest.mark.parametrize(
    "setting", [{"url": "ftp://x"}, {"model": ""}, {"timeout_s": 0}, {"tries": 0}, {"max_cost": 0}],
)  # fmt: skip
def test_a_setting_out_of_range_is_named(setting):
    with pytest.raises(ConfigError, match=next(iter(setting))):
        EndpointConfig(**{"url": "https://x", "model": "m"} | setting)


@pytest.mark.parametrize(
    "load, kind", [(load_vision_endpoint, VisionEndpointConfig), (load_speech_endpoint, SpeechEndpointConfig)]
)
def test_a_key_that_the_environment_lacks_makes_it_unavailable(load, kind, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(ConfigError, match="the environment has no NO_SUCH_KEY"):
        load(kind(url="https://x", model="m", key_variable="NO_SUCH_KEY"))
    with pytest.raises(ConfigError, match="no endpoint is configured"):
        load(None)


def chat(*tags, tokens=(1000, 100), text=None):
    content = json.dumps({"tags": list(tags)}) if text is None else text
    used = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return 200, {"choices": [{"message": {"content": content}}], "usage": used}


CAT = {"dimension": "object", "label": " cat ", "confidence": 0.9}


@pytest.fixture
def vision(server, endpoint):
    pytest.importorskip("cv2", reason="needs the extra 'tagging'")

    def make(**settings):
        config = VisionEndpointConfig(**{"url": server.url, "model": "seer", "tries": 1} | settings)
        return VisionEndpoint(config, endpoint(config)[0])

    return make


PICTURES = [np.full((200, 400, 3), 90, np.uint8)] * 3


def test_frames_are_sent_small_with_the_question_and_tags_come_back(server, vision, view):
    server.answers = [chat(CAT), chat(CAT, {"dimension": "scene", "label": "kitchen", "confidence": 1}), chat()]
    found = vision(side=100).analyse(view(pictures=PICTURES))
    assert [(one.dimension, one.label, one.start_ms, one.end_ms, one.confidence, one.version) for one in found] == [
        ("object", "cat", 0, 2_000, 0.9, "seer"), ("scene", "kitchen", 1_000, 2_000, 1.0, "seer"),
    ]  # fmt: skip
    sent = json.loads(server.asked[0][2])
    text, image = sent["messages"][0]["content"]
    assert sent["model"] == "seer"
    assert "object, person, scene" in text["text"]
    import cv2

    jpeg = base64.b64decode(image["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (50, 100, 3)


@pytest.mark.parametrize(
    "tag",
    [
        {"dimension": "weather", "label": "rain", "confidence": 0.9},
        {"dimension": "object", "label": "cat", "confidence": 0.2},
        {"dimension": "object", "label": "", "confidence": 0.9},
        {"dimension": "object", "label": "x" * 61, "confidence": 0.9},
        {"dimension": "object", "label": "cat", "confidence": "high"},
        {"dimension": "object", "label": 7, "confidence": 0.9},
        {"dimension": "object", "confidence": 0.9},
        {"dimension": "object", "label": "cat", "confidence": float("nan")},
        {"dimension": "object", "label": "cat", "confidence": True},
        "cat",
        None,
    ],
)
def test_tags_of_another_form_are_passed_over(server, vision, view, tag):
    server.answers = [chat(tag)]
    assert list(vision().analyse(view(pictures=PICTURES[:1]))) == []


def test_confidence_beyond_one_is_one(server, vision, view):
    server.answers = [chat(CAT | {"confidence": 95})]
    assert [one.confidence for one in vision().analyse(view(pictures=PICTURES[:1]))] == [1.0]


def test_json_in_a_fence_is_read(server, vision, view):
    server.answers = [chat(text='```json\n{"tags": [{"dimension": "object", "label": "cat", "confidence": 0.9}]}\n```')]
    assert [one.label for one in vision().analyse(view(pictures=PICTURES[:1]))] == ["cat"]


@pytest.mark.parametrize("text", ["I see a cat", "[]", "{}"])
def test_an_answer_of_another_form_is_an_error(server, vision, view, text):
    server.answers = [chat(text=text)]
    with pytest.raises(EndpointError, match="not of the form"):
        list(vision().analyse(view(pictures=PICTURES[:1])))


def test_frames_stop_where_the_budget_is_used_up_and_what_was_paid_for_is_kept(server, vision, view):
    server.answers = [chat(CAT, tokens=(1000, 500))]
    made = vision(price_in_million=100, price_out_million=200, max_cost=0.5)  # 0.2 a frame
    found = list(made.analyse(view(pictures=PICTURES)))
    assert len(server.asked) == 2
    assert [(one.label, one.end_ms) for one in found] == [("cat", 2_000)]


def test_no_more_frames_are_sent_than_allowed(server, vision, view):
    server.answers = [chat()]
    list(vision(max_frames=2).analyse(view(pictures=PICTURES)))
    assert len(server.asked) == 2


@pytest.fixture
def listener(server, endpoint):
    def make(**settings):
        config = SpeechEndpointConfig(**{"url": server.url, "model": "ear", "tries": 1} | settings)
        return SpeechEndpoint(config, endpoint(config)[0])

    return make


SEGMENTS = {
    "language": "chinese", "text": "你好世界",
    "segments": [
        {"start": 0.5, "end": 1.25, "text": " 你好世界 ", "avg_logprob": -0.5}, {"start": 2, "end": 3, "text": " "},
    ],
}  # fmt: skip


def test_sound_is_sent_as_wav_in_parts_and_segments_come_back_in_their_place(server, listener, view, tone):
    server.answers = [(200, SEGMENTS)]
    found = list(listener(chunk_s=2.0).analyse(view(sound=tone(3.0))))
    assert [(one.label, one.language, one.start_ms, one.end_ms) for one in found] == [
        ("你好世界", "zh", 500, 1_250), ("你好世界", "zh", 2_500, 3_000),
    ]  # fmt: skip
    assert found[0].confidence == pytest.approx(np.exp(-0.5))
    (path, headers, body) = server.asked[0]
    assert path == "/v1/audio/transcriptions"
    assert headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="model"\r\n\r\near\r\n' in body
    assert body.count(b"RIFF") == 1
    assert len(body) == pytest.approx(2 * 2 * 16_000, abs=1_000)


def test_an_answer_without_segments_is_one_stretch_of_unknown_confidence(server, listener, view, tone):
    server.answers = [(200, {"text": "hello there"})]
    (one,) = listener().analyse(view(sound=tone(1.5)))
    assert (one.label, one.language, one.start_ms, one.end_ms, one.confidence) == ("hello there", "en", 0, 1_500, 0.7)


@pytest.mark.parametrize(
    "segment", [{}, {"text": "x", "start": "soon", "end": 1}, "x", {"text": "x", "start": 1e999, "end": 1}]
)
def test_a_segment_of_another_form_is_an_error(server, listener, view, tone, segment):
    server.answers = [(200, {"segments": [segment]})]
    with pytest.raises(EndpointError, match="another form"):
        list(listener().analyse(view(sound=tone(1.0))))


def test_a_video_without_sound_is_not_sent(server, listener, view):
    assert list(listener().analyse(view())) == []
    assert server.asked == []


def test_no_part_is_sent_that_would_pass_the_budget(server, listener, view, tone):
    server.answers = [(200, {"text": "hello"})]
    made = listener(chunk_s=1.0, price_minute=24.0, max_cost=1.0)  # 0.4 a part
    assert len(list(made.analyse(view(sound=tone(4.0))))) == 2
    assert len(server.asked) == 2
