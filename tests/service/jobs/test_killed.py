"""Two workers and the service as processes, a worker and the service killed half-way: nothing is lost or done twice."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from sqlalchemy import create_engine, select

from recsys.tags.jobs import signature
from service.storage.tables import CALLBACKS, TAG_JOBS

N_JOBS = 50
TAG = "object:phone"
WORKER = ("tag-worker", "--lease", "2", "--allow-private", "--set", 'only=["shots", "keywords"]')
MAIN = "from pipelines.cli.main import main; main()"


@pytest.fixture
def processes(settings) -> Iterator["Processes"]:
    with ExitStack() as stack:
        yield Processes(settings, stack)


class Processes:
    """Starts the service and workers on one store; whatever still runs in the end is killed."""

    def __init__(self, settings, stack):
        self._stack = stack
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._environment = {
            **os.environ, "TAGREEL_STORE_URL": settings.store_url, "TAGREEL_BUNDLES": str(settings.bundles),
            "TAGREEL_SPOOL": str(settings.spool), "TAGREEL_ALLOW_PRIVATE": "true", "TAGREEL_AUTH": "open",
            "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip
        self.client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30))

    def service(self):
        return self._started("-m", "uvicorn", "service.app:create_app", "--factory", "--port", str(self.port))

    def worker(self):
        return self._started("-c", MAIN, *WORKER)

    def answers(self):
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def _started(self, *command):
        process = subprocess.Popen([sys.executable, *command], env=self._environment, stderr=subprocess.DEVNULL)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


class Rows:
    """Looks into the store beside everybody."""

    def __init__(self, url):
        self.engine = create_engine(url)

    def __call__(self, table):
        with self.engine.connect() as connection:
            return connection.execute(select(table)).mappings().all()

    def n_finished(self):
        return sum(row["state"] == "finished" for row in self(TAG_JOBS))


@pytest.fixture
def rows(settings) -> Iterator[Rows]:
    found = Rows(settings.store_url)
    yield found
    found.engine.dispose()


def kill_at_work(worker, rows, until):
    """Kill a worker that has a job."""

    def killed():
        worker.send_signal(signal.SIGSTOP)
        if any(row["state"] == "running" and f"-{worker.pid}-" in row["worker"] for row in rows(TAG_JOBS)):
            worker.kill()
            worker.wait()
            return True
        worker.send_signal(signal.SIGCONT)
        return False

    until(killed, within_s=60)


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_puts_its_job_back(client, put, processes, rows, until, settings, told):
    put("v1")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the worker's request and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v.mp4"
        assert client.post("/v1/tag-jobs", json={"video_id": "v1", "url": url}).status_code == 200
        worker = processes.worker()
        until(lambda: rows(TAG_JOBS)[0]["state"] == "running", within_s=60)
        worker.send_signal(told)
        assert worker.wait(timeout=30) in (0, 130)
    [job] = rows(TAG_JOBS)
    assert (job["state"], job["attempts"], job["worker"], job["error"]) == ("queued", 0, None, None)
    assert not settings.spool.exists() or list(settings.spool.iterdir()) == []


@pytest.mark.slow
def test_every_job_ends_once_and_every_callback_arrives_although_a_worker_and_the_service_are_killed(
    processes, settings, clip, receiver, rows, until
):
    receiver.refusals = 2
    service, client = processes.service(), processes.client
    until(processes.answers, within_s=60)
    assert client.put("/v1/callback", json={"url": f"{receiver.url}/hook", "secret": "secret" * 4}).status_code == 200
    names = [{"language": "en", "name": "phone"}]
    assert client.put(f"/v1/tags/{TAG}", json={"dimension": "object", "names": names}).status_code == 200
    videos = [f"new-{number}" for number in range(N_JOBS)]
    for video in videos:
        client.put(f"/v1/videos/{video}", json={"title": "The phone and nothing but the phone", "language": "en"})

    def submit(video):
        answer = client.post(
            "/v1/tag-jobs", params={"video_id": video}, content=clip, headers={"content-type": "video/mp4"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["job_id"]

    jobs = {video: submit(video) for video in videos[: N_JOBS // 2]}
    doomed, _other = processes.worker(), processes.worker()
    until(lambda: rows.n_finished() >= 5, within_s=60)
    kill_at_work(doomed, rows, until)
    service.kill()
    service.wait()
    processes.service()
    until(processes.answers, within_s=60)
    jobs |= {video: submit(video) for video in videos}  # those that were submitted already are the same
    assert len(set(jobs.values())) == N_JOBS
    until(lambda: rows.n_finished() == N_JOBS, within_s=90)
    until(lambda: len(receiver.taken) >= N_JOBS, within_s=90)
    until(lambda: all(row["state"] == "delivered" for row in rows(CALLBACKS)), within_s=30)

    told = {}
    for headers, body in receiver.taken:
        assert headers["x-tagreel-signature"] == signature("secret" * 4, headers["x-tagreel-timestamp"], body)
        event = json.loads(body)
        told.setdefault(event["job_id"], event)
    assert told.keys() == set(jobs.values())
    assert len(rows(CALLBACKS)) == N_JOBS
    assert any(row["attempts"] > 1 for row in rows(TAG_JOBS)), "no job was taken over"
    for video, job_id in jobs.items():
        by_job, by_video = (
            client.get(f"/v1/tag-jobs/{job_id}").json(),
            client.get(f"/v1/videos/{video}/tag-result").json(),
        )
        assert by_video["job_id"] == job_id
        assert by_job["result"] == by_video["result"] == told[job_id]["result"]
        assert TAG in [one["tag"] for one in by_job["result"]["tags"]]
    assert [one.name for one in settings.spool.iterdir()] == []

    client.patch("/v1/viewers/fan/profile", json={"like": [TAG]})
    answer = client.get("/v1/viewers/fan/recommendations", params={"n": 20, "explain": True}).json()
    assert {one["video_id"] for one in answer["videos"]} & set(videos), answer
