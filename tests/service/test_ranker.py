"""Shortlists are made beside the requests."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service import recommending
from service.ranker import Ranker
from service.routers import insight
from service.shortlists import NotKeptError, Shortlists


def missing(shortlists: Shortlists, key: str, make) -> NotKeptError:
    with pytest.raises(NotKeptError) as told:
        shortlists.of(key, make, at_once=False)
    return told.value


def test_each_is_made_once_in_another_thread_however_many_wait():
    shortlists, made = Shortlists(8), []

    def make() -> str:
        made.append(threading.get_ident())
        return "listed"

    async def ask() -> None:
        ranker = Ranker()
        await asyncio.gather(*(ranker.keep(missing(shortlists, "a", make)) for _ in range(5)))
        ranker.close()

    asyncio.run(ask())
    assert len(made) == 1
    assert made[0] != threading.get_ident()
    assert [shortlists.of("a", make, at_once=False).listed for _ in range(3)] == ["listed"] * 3
    assert (shortlists.n_made, shortlists.n_found) == (1, 2)


def test_one_that_cannot_be_made_is_told_to_all_and_tried_again():
    shortlists = Shortlists(8)

    def fail() -> str:
        raise ValueError("why")

    async def ask() -> list[BaseException | None]:
        ranker = Ranker()
        asked = missing(shortlists, "a", fail)
        told = await asyncio.gather(*(ranker.keep(asked) for _ in range(2)), return_exceptions=True)
        await ranker.keep(missing(shortlists, "a", lambda: "listed"))
        ranker.close()
        return told

    assert [str(one) for one in asyncio.run(ask())] == ["why", "why"]
    assert shortlists.of("a", fail).listed == "listed"


def test_who_leaves_does_not_take_it_from_the_others():
    shortlists, begun, go_on = Shortlists(8), threading.Event(), threading.Event()

    def make() -> str:
        begun.set()
        go_on.wait(10)
        return "listed"

    async def ask() -> None:
        ranker = Ranker()
        leaving, staying = (asyncio.create_task(ranker.keep(missing(shortlists, "a", make))) for _ in range(2))
        await asyncio.to_thread(begun.wait, 10)
        leaving.cancel()
        go_on.set()
        await staying
        ranker.close()

    asyncio.run(ask())
    assert shortlists.of("a", make, at_once=False).listed == "listed"


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch):
    """Ranking waits until it is let go on."""
    begun, go_on, made = threading.Event(), threading.Event(), []

    def slowed(make):
        def slow(*given):
            begun.set()
            go_on.wait(10)
            made.append(given)
            return make(*given)

        return slow

    for module, name in ((recommending, "shortlist"), (recommending, "shortlist_like"), (insight, "why")):
        monkeypatch.setattr(module, name, slowed(getattr(module, name)))
    return begun, go_on, made


def test_others_are_answered_while_a_shortlist_is_made(client: httpx.Client, held):
    begun, go_on, made = held
    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(client.get, f"/v1/viewers/{one}/recommendations?n=3") for one in ("a", "a", "b")]
        assert begun.wait(10)
        assert client.get("/v1/tags?limit=1").status_code == 200
        assert not any(one.done() for one in asked)
        go_on.set()
        answers = [one.result() for one in asked]
    assert [one.status_code for one in answers] == [200] * 3
    assert [len(one.json()["videos"]) for one in answers] == [3] * 3
    assert len(made) == 2


@pytest.mark.parametrize(
    "path",
    ["/v1/videos/video-003/similar", "/v1/viewers/a/rows", "/v1/viewers/a/tags", "/v1/viewers/a/why/video-003"],
)
def test_nor_do_others_wait_for_what_else_is_ranked(client: httpx.Client, held, path: str):
    begun, go_on, _ = held
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(client.get, path)
        assert begun.wait(10)
        assert client.get("/v1/tags?limit=1").status_code == 200
        assert not asked.done()
        go_on.set()
        assert asked.result().status_code == 200


def test_videos_like_one_are_ranked_once_until_the_catalogue_changes(client: httpx.Client, made, held, until):
    _, go_on, ranked = held
    go_on.set()
    short = {"filter": "duration_s >= 0", "n": 200}
    before = [
        client.get("/v1/videos/video-003/similar", params=one).json() for one in ({}, {"n": 200}, short, short, {})
    ]
    assert len(ranked) == 2
    assert before[0]["videos"] == before[4]["videos"] == before[1]["videos"][:20]
    assert len({one["request_id"] for one in before}) == 5
    tags = made.tables.taggings.query("video_id == 'video-003'")["tag_id"].unique().tolist()
    assert client.put("/v1/videos/twin", json={"tags": tags}).is_success

    def found() -> list[str]:
        answer = client.get("/v1/videos/video-003/similar", params={"n": 200}).json()
        return [one["video_id"] for one in answer["videos"]]

    until(lambda: "twin" in found())
    assert client.delete("/v1/videos/twin").is_success
    until(lambda: "twin" not in found())


def test_a_history_without_times_is_ranked_once(client: httpx.Client, held):
    _, go_on, made = held
    go_on.set()
    history = [{"video_id": "video-000", "event_type": "play"}]
    answer = client.post("/v1/recommendations", json={"history": history, "n": 3})
    assert answer.status_code == 200, answer.text
    assert len(made) == 1


@pytest.mark.parametrize("kept_viewers", [0, 1])
def test_where_hardly_anything_is_kept_all_are_answered_still(serve, settings, kept_viewers: int):
    client = serve(settings.model_copy(update={"kept_viewers": kept_viewers}))
    for boosts in ([], [{"filter": 'tags has "cat"', "strength": 1.0}]):
        answer = client.post("/v1/recommendations", json={"viewer_id": "u", "n": 3, "boosts": boosts})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["videos"]) == 3
