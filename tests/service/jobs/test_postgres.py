"""Jobs on PostgreSQL: the same, and workers pass each other's jobs by."""

import threading
from collections import Counter
from contextlib import closing

import pytest

from pipelines.jobs.queue import JobQueue
from pipelines.store import opened_store
from recsys.tags.importers.taggings import Tagged
from recsys.tags.node import Node
from service.storage.migrate import migrate
from service.storage.store import Store

SAID = {"VideoTagResult": {"Keyword": [{"Tag": "气垫", "Times": ["100"]}, {"Tag": "兰蔻", "Times": ["200"]}]}}
N_JOBS = 40


@pytest.fixture
def settings(settings, postgres):
    of = settings.model_copy(update={"store_url": postgres()})
    with closing(Store.open(of.store_url)) as store:
        migrate(store)
    return of


def submit(client, video, **more):
    body = {"video_id": video, "vendor": "alibaba-vod", "payload": SAID, **more}
    answer = client.post("/v1/tag-jobs", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_job_becomes_tags_and_a_callback_and_counts_once(client, put, work, receiver):
    client.put("/v1/callback", json={"url": f"{receiver.url}/hook"})
    put("v1")
    job = submit(client, "v1")
    assert submit(client, "v1")["job_id"] == job["job_id"]
    work()
    assert client.get(f"/v1/tag-jobs/{job['job_id']}").json()["state"] == "finished"
    assert {one["source"] for one in client.get("/v1/videos/v1/tags").json()["tags"]} == {"vendor:alibaba-vod"}
    assert len(receiver.taken) == 1
    other = submit(client, "v1", again=True)
    assert other["job_id"] != job["job_id"]
    assert client.delete(f"/v1/tag-jobs/{other['job_id']}").json()["state"] == "cancelled"


def test_many_workers_at_once_do_each_job_once(client, put, settings):
    for number in range(N_JOBS):
        put(f"v{number}")
        submit(client, f"v{number}")
    done, errors = Counter(), []

    def work(name):
        with opened_store(settings.store_url) as engine:
            queue, now = JobQueue(engine, name, 60_000, 3), 10**15
            while (job := queue.take(now)) is not None:
                source = "model:fusion@1"
                tags = ["a", "b"] if name < "w2" else ["b", "a"]
                rows = tuple({"tag_id": one, "source": source, "confidence": 0.5} for one in tags)
                nodes = tuple(Node(tag_id=one) for one in tags)
                said = Tagged(
                    video_id=job.video_id, source=source, taggings=rows, occurrences=(), new_nodes=nodes, banned=(),
                    unnamed=(),
                )  # fmt: skip
                try:
                    done[job.job_id] += queue.finish(job, said, {"source": source, "tags": []}, now)
                except Exception as error:
                    errors.append(error)
                    raise

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(done) == N_JOBS
    assert set(done.values()) == {1}


def test_a_tenants_jobs_are_done_in_its_own_schema(client, minted, work):
    _, theirs = minted("admin", "acme")
    client.headers["X-API-Key"] = theirs
    client.put("/v1/videos/v1", json={"title": "one"})
    job = submit(client, "v1")
    work()
    assert client.get(f"/v1/tag-jobs/{job['job_id']}").json()["state"] == "finished"
