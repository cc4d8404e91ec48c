"""Jobs over HTTP, done by a worker in this process: from a video to tags that the next answer knows."""

import json
import re
import threading
from contextlib import closing

import pytest
from sqlalchemy import update

from recsys.tags.jobs import signature
from service.storage.store import Store
from service.storage.tables import CALLBACKS, TAG_JOBS

RAW = {"content-type": "video/mp4"}
GOOGLE = {
    "annotationResults": [
        {
            "segmentLabelAnnotations": [
                {
                    "entity": {"description": "cat", "languageCode": "en-US"},
                    "segments": [{"segment": {"endTimeOffset": "2s"}, "confidence": 0.98}],
                }
            ]
        }
    ]
}


def spooled(settings):
    return sorted(one.name for one in settings.spool.iterdir()) if settings.spool.exists() else []


def job_of(client, job):
    return client.get(f"/v1/tag-jobs/{job['job_id']}").json()


@pytest.fixture
def sent(client, put, clip):
    """Sends the clip in one of three ways; the video is there."""
    put("v1")

    def send(how, **fields):
        given = {"video_id": "v1", **fields}
        if how == "raw":
            return client.post("/v1/tag-jobs", params=given, content=clip, headers=RAW)
        return client.post("/v1/tag-jobs", data=given, files={"file": ("../../etc/passwd", clip, "video/mp4")})

    return send


@pytest.mark.parametrize("how", ["raw", "form"])
def test_an_uploaded_video_gets_tags_and_nothing_stays_in_the_spool(client, sent, work, settings, how):
    answer = sent(how)
    assert answer.status_code == 200, answer.text
    submitted = answer.json()
    assert (submitted["state"], submitted["repeated"], submitted["input"]) == ("queued", False, "upload")
    [name] = spooled(settings)
    assert name.endswith(".upload")
    assert client.get("/v1/videos/v1/tag-result").status_code == 404
    work()
    done = job_of(client, submitted)
    assert done["state"] == "finished", done
    assert done["progress"] == {"shots": "done", "keywords": "done"}
    labels = {one["label"].lower(): one for one in done["result"]["tags"]}
    assert "cat" in labels, labels
    assert labels["cat"]["found_by"][0]["source"] == "keywords"
    assert [one["state"] for one in done["result"]["analysers"]] == ["done", "done"]
    stored = client.get("/v1/videos/v1/tags").json()["tags"]
    assert {one["tag"] for one in stored} == {one["tag"] for one in done["result"]["tags"]}
    assert {one["source"] for one in stored} == {"model:fusion@1"}
    by_video = client.get("/v1/videos/v1/tag-result").json()
    assert by_video["job_id"] == done["job_id"]
    assert by_video["result"] == done["result"]
    assert spooled(settings) == []


def test_metrics_tell_how_long_the_line_is(client, sent, work, until):
    def line():
        told = client.get("/metrics").text
        return [float(one) for one in re.findall(r"^tagreel_tag_jobs_waiting(?:_seconds)?{.*} (.*)$", told, re.M)]

    assert line() == [0, 0]
    sent("raw")
    until(lambda: line()[1] > 0)
    assert line()[0] == 1
    work()
    assert line() == [0, 0]


def test_the_same_video_again_is_the_same_job_and_another_on_request(client, sent, work, settings):
    first = sent("raw").json()
    again = sent("form")
    assert (again.status_code, again.json()["repeated"], again.json()["job_id"]) == (200, True, first["job_id"])
    assert len(spooled(settings)) == 1
    work()
    assert sent("raw").json()["job_id"] == first["job_id"]
    other = sent("raw", again="true")
    assert (other.status_code, other.json()["job_id"] == first["job_id"]) == (200, False)
    assert sent("raw", analysers="shots").json()["job_id"] != other.json()["job_id"]


def test_submitting_at_once_from_many_sides_makes_one_job(client, put, settings):
    put("v1")
    found, body = [], {"video_id": "v1", "url": "http://127.0.0.1:1/v.mp4"}

    def submit():
        found.append(client.post("/v1/tag-jobs", json=body).json())

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one["job_id"] for one in found}) == 1
    assert [one["repeated"] for one in found].count(False) == 1


def test_a_file_in_an_allowed_folder_and_a_fetched_one_get_tags(client, put, clip, work, settings, receiver):
    (settings.media_roots[0] / "a.mp4").write_bytes(clip)
    receiver.files["/moved.mp4"] = (302, {"Location": "/a.mp4"}, b"")
    receiver.files["/a.mp4"] = (200, {}, clip)
    for name, place in (
        ("p", {"path": f"{settings.media_roots[0]}/a.mp4"}),
        ("u", {"url": f"{receiver.url}/moved.mp4"}),
    ):
        put(name)
        job = client.post("/v1/tag-jobs", json={"video_id": name, **place}).json()
        work()
        assert job_of(client, job)["state"] == "finished", job_of(client, job)
    assert spooled(settings) == []


def test_what_a_vendor_said_gets_tags(client, put, work):
    put("v1")
    job = client.post("/v1/tag-jobs", json={"video_id": "v1", "vendor": "google", "payload": GOOGLE}).json()
    work()
    done = job_of(client, job)
    assert done["state"] == "finished", done
    [tag] = done["result"]["tags"]
    assert (tag["label"], tag["confidence"]) == ("cat", 0.98)
    assert tag["occurrences"] == [{"start_ms": 0, "end_ms": 2000, "confidence": 0.98}]
    assert [one["source"] for one in client.get("/v1/videos/v1/tags").json()["tags"]] == ["vendor:google"]
    imported = client.post("/v1/imports/google?video_id=v1", json=GOOGLE)
    assert imported.status_code == 200
    assert len(imported.json()["jobs"]) == 1


def test_an_import_of_several_videos_makes_a_job_for_each_and_names_what_failed(client, put, work):
    put("a")
    put("b")
    tags = json.dumps({"Keyword": [{"Tag": "气垫", "Times": ["100"]}]})
    jobs = [
        {"JobId": f"j-{one}", "MediaId": one, "Type": "AIVideoTag", "Status": status, "Data": tags}
        for one, status in (("a", "success"), ("b", "success"), ("c", "fail"))
    ]
    made = client.post("/v1/imports/alibaba-vod", json={"AIJobList": {"AIJob": jobs}}).json()
    assert [one["video_id"] for one in made["jobs"]] == ["a", "b"]
    assert made["unfinished"] == ["c"]
    work()
    assert [job_of(client, one)["state"] for one in made["jobs"]] == ["finished", "finished"]
    unknown = client.post("/v1/imports/alibaba-vod", json={"VideoTagResult": {"Keyword": []}, "MediaId": "zz"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:tagreel:problem:unknown-video")


def test_a_cancelled_job_is_never_done_and_its_upload_is_gone(client, sent, work, settings):
    job = sent("raw").json()
    assert client.delete(f"/v1/tag-jobs/{job['job_id']}").json()["state"] == "cancelled"
    assert client.delete(f"/v1/tag-jobs/{job['job_id']}").status_code == 200
    assert spooled(settings) == []
    work()
    assert job_of(client, job)["state"] == "cancelled"
    assert client.get("/v1/videos/v1/tags").json()["tags"] == []
    again = sent("raw")
    assert again.status_code == 200
    work()
    ended = client.delete(f"/v1/tag-jobs/{again.json()['job_id']}")
    assert (ended.status_code, ended.json()["type"]) == (409, "urn:tagreel:problem:job-ended")


def test_higher_priority_goes_first(client, put, work):
    for name, priority in (("low", -5), ("high", 5), ("mid", 0)):
        put(name)
        client.post(
            "/v1/tag-jobs", json={"video_id": name, "vendor": "google", "payload": GOOGLE, "priority": priority}
        )
    ids = {name: client.get(f"/v1/videos/{name}/tag-result").status_code for name in ("low", "high", "mid")}
    assert set(ids.values()) == {404}
    work()
    ended = [client.get(f"/v1/videos/{name}/tag-result").json()["finished_at"] for name in ("high", "mid", "low")]
    assert ended == sorted(ended)


def test_an_analyser_that_is_not_there_is_told(client, put, clip, work):
    put("v1")
    params = {"video_id": "v1", "analysers": "keywords,nose"}
    job = client.post("/v1/tag-jobs", params=params, content=clip, headers=RAW).json()
    only = client.post("/v1/tag-jobs", params={**params, "analysers": "nose"}, content=clip, headers=RAW).json()
    work()
    outcomes = {one["analyser"]: one["state"] for one in job_of(client, job)["result"]["analysers"]}
    assert outcomes == {"keywords": "done", "nose": "unavailable"}
    assert job_of(client, only)["state"] == "failed"
    assert "nose" in job_of(client, only)["error"]


def test_callbacks_are_signed_and_tell_what_the_job_tells(client, put, work, receiver):
    assert client.get("/v1/callback").status_code == 404
    told = client.put("/v1/callback", json={"url": f"{receiver.url}/hook"}).json()
    assert client.get("/v1/callback").json()["secret_ends"] == told["secret"][-4:]
    put("v1")
    good = client.post("/v1/tag-jobs", json={"video_id": "v1", "vendor": "google", "payload": GOOGLE}).json()
    work()
    [(headers, body)] = receiver.taken
    assert headers["x-tagreel-signature"] == signature(told["secret"], headers["x-tagreel-timestamp"], body)
    event = json.loads(body)
    assert (event["event"], event["job_id"]) == ("tag-job.finished", good["job_id"])
    assert event["result"] == job_of(client, good)["result"]
    client.delete("/v1/callback")
    assert client.get("/v1/callback").status_code == 404


def test_a_callback_that_nobody_takes_is_dead_in_the_end_and_can_be_replayed(client, put, work, receiver, settings):
    receiver.refusals = 100
    client.put("/v1/callback", json={"url": f"{receiver.url}/hook", "secret": "s" * 20})
    put("v1")
    client.post("/v1/tag-jobs", json={"video_id": "v1", "vendor": "google", "payload": GOOGLE})
    for _ in range(8):
        work()
        make_due(settings)
    assert len(receiver.requests) == 8
    [dead] = client.get("/v1/callback/dead").json()["callbacks"]
    assert (dead["attempts"], dead["error"]) == (8, "the receiver answered 503")
    receiver.refusals = 0
    assert client.post("/v1/callback:replay", json={}).json() == {"callbacks": 1}
    work()
    assert len(receiver.taken) == 1
    assert client.get("/v1/callback/dead").json()["callbacks"] == []
    assert client.post("/v1/callback:replay", json={"callback_id": dead["callback_id"]}).json() == {"callbacks": 1}
    work()
    assert len(receiver.taken) == 2
    assert client.post("/v1/callback:replay", json={"callback_id": "nobody's"}).status_code == 404


def test_one_worker_serves_every_tenant_and_their_jobs_never_meet(client, put, minted, clip, work, settings):
    put("v1")
    _, ours = minted("admin")
    _, theirs = minted("admin", "acme")
    told = {}
    for secret, title in ((ours, "A cat in the garden"), (theirs, "A dog on the beach")):
        headers = {"X-API-Key": secret}
        assert client.put("/v1/videos/v1", json={"title": title, "language": "en"}, headers=headers).status_code == 200
        sent = client.post("/v1/tag-jobs?video_id=v1", content=clip, headers={**headers, **RAW})
        told[secret] = sent.json()["job_id"]
    assert client.get(f"/v1/tag-jobs/{told[ours]}", headers={"X-API-Key": theirs}).status_code == 404
    work()
    found = {}
    for secret in (ours, theirs):
        result = client.get("/v1/videos/v1/tag-result", headers={"X-API-Key": secret}).json()
        assert result["job_id"] == told[secret]
        found[secret] = {one["label"].lower() for one in result["result"]["tags"]}
    assert "cat" in found[ours] - found[theirs]
    assert "dog" in found[theirs] - found[ours]
    assert list(settings.spool.parent.rglob("*.upload")) == []


def make_due(settings):
    """Let no more time pass before the next try."""
    with closing(Store.open(settings.store_url)) as store:
        for table in (CALLBACKS, TAG_JOBS):
            store.write_now(lambda connection, table=table: connection.execute(update(table).values(due_at=0)))


def test_an_address_that_does_not_answer_is_tried_again_and_a_private_one_is_not(client, put, work, settings):
    put("v1")
    job = client.post("/v1/tag-jobs", json={"video_id": "v1", "url": "http://127.0.0.1:9/v.mp4"}).json()
    for tries, state in ((1, "queued"), (2, "queued"), (3, "failed")):
        work()
        make_due(settings)
        found = job_of(client, job)
        assert (found["state"], found["attempts"]) == (state, tries)
        assert "cannot be reached" in found["error"]
    other = client.post("/v1/tag-jobs", json={"video_id": "v1", "url": "http://127.0.0.1:9/other.mp4"}).json()
    work(allow_private=False)
    found = job_of(client, other)
    assert (found["state"], found["attempts"]) == ("failed", 1)
    assert "private network" in found["error"]
    assert spooled(settings) == []


def test_a_video_that_is_gone_by_then_is_not_tagged(client, put, work):
    put("v1")
    job = client.post("/v1/tag-jobs", json={"video_id": "v1", "vendor": "google", "payload": GOOGLE}).json()
    client.delete("/v1/videos/v1")
    work()
    assert job_of(client, job)["state"] == "failed"
    assert "no video 'v1'" in job_of(client, job)["error"]
