"""Alibaba Cloud VOD's callbacks to us: signed lately by the key in the address, and counted once."""

import json
import time

import pytest

from recsys.tags.importers.callback import signed
from service.auth.derived_secrets import vod_callback_key

EVENT = {
    "EventTime": "2017-03-20T07:49:17Z", "EventType": "AIVideoTagComplete", "JobId": "theirs", "MediaId": "v1",
    "Status": "success", "Code": "0", "Message": "OK",
    "Data": json.dumps({
        "Keyword": [{"Times": ["3260", "8410"], "Tag": "cc霜"}], "Category": [{"Tag": "美容"}],
        "Person": [{"Times": ["10760"], "Tag": "张三", "FaceUrl": "http://test.com/1.jpg"}],
    }),
}  # fmt: skip


@pytest.fixture
def call(client, minted):
    """Sends an event as VOD would: `call()`, `call(secret="guess")`, `call(JobId="other")`."""
    writes, _ = minted("write")

    def called(secret=None, off_s=0, key=writes, scheme="http", body=None, signs=True, **changed):
        url = f"{str(client.base_url).rstrip('/')}/v1/imports/alibaba-vod/callback/{key.key_id}"
        timestamp = str(int(time.time()) + off_s)
        signature = signed(url.replace("http:", f"{scheme}:"), timestamp, secret or vod_callback_key(key))
        headers = {"X-VOD-TIMESTAMP": timestamp, "X-VOD-SIGNATURE": signature} if signs else {}
        return client.post(url, content=body or json.dumps(EVENT | changed), headers=headers)

    return called


@pytest.fixture
def jobs(client, minted, put):
    _, secret = minted("admin")
    client.headers["X-API-Key"] = secret
    put("v1")
    del client.headers["X-API-Key"]

    def ended(work):
        work()
        return client.get("/v1/videos/v1/tag-result", headers={"X-API-Key": secret})

    return ended


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_callback_becomes_the_videos_tags(call, jobs, work, scheme):
    answer = call(scheme=scheme)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["jobs"]) == 1
    found = jobs(work).json()["result"]
    assert found["source"] == "vendor:alibaba-vod"
    assert {one["label"] for one in found["tags"]} == {"cc霜", "美容", "张三"}


def test_an_event_that_comes_again_counts_once_whatever_it_says_then(call, jobs, work):
    first = call().json()["jobs"][0]
    assert call().json()["jobs"][0]["repeated"]
    assert call(Data="{}").json()["jobs"][0]["job_id"] == first["job_id"]
    jobs(work)
    assert call().json()["jobs"][0]["job_id"] == first["job_id"]
    assert call(JobId="another").json()["jobs"][0]["job_id"] != first["job_id"]


def test_what_is_not_signed_right_or_lately_is_refused(call, minted):
    for given in ({"secret": "guess"}, {"off_s": -400}, {"off_s": 400}, {"signs": False}):
        answer = call(**given)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:tagreel:problem:callback-unsigned"), given
    reads, _ = minted("read")
    assert call(key=reads).status_code == 403


def test_other_events_are_taken_and_change_nothing(call, put):
    for given in ({"EventType": "FileUploadComplete"}, {"Status": "fail", "Code": "X", "Data": "{}"}):
        answer = call(**given)
        assert answer.status_code == 200, answer.text
        assert answer.json()["jobs"] == []


def test_a_hostile_body_is_an_error(call):
    for body in (b"[" * 100_000, b"<a/>", b"{", b"[]", b'{"EventType": "AIVideoTagComplete"}'):
        assert call(body=body).status_code in (400, 422), body[:20]
    assert call(MediaId="nobodys").status_code == 404
