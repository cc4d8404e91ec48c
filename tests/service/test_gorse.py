"""Gorse's public Python client, unchanged, against the running service: sync and async, through a catalogue's life."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.auth.keys import Scope, make_key
from service.clock import now_ms
from service.options import prepared_store
from service.settings import Settings
from service.storage.keys import add_key
from service.storage.migrate import migrate
from service.storage.store import Store

gorse = pytest.importorskip("gorse", reason="needs PyGorse, which the extra dev brings")
PAST = "2026-01-02 03:04:05"


class Waiting:
    """The async client's methods, each run to its end, so that one test drives both clients."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *args, **more: asyncio.run(method(*args, **more))


@pytest.fixture
def theirs(kind: str, client: httpx.Client) -> Any:
    """Their client, of a service with a bundle."""
    address = str(client.base_url).rstrip("/")
    return Waiting(gorse.AsyncGorse(address, "none")) if kind == "async" else gorse.Gorse(address, "none")


@pytest.fixture(params=["sync", "async", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Their sync client, their async one, or the sync one with a PostgreSQL behind the service."""
    return str(request.param)


@pytest.fixture
def client(request: pytest.FixtureRequest, kind: str, settings: Settings, serve: Callable[..., Any]) -> httpx.Client:
    if kind != "postgresql":
        return serve()
    of = settings.model_copy(update={"store_url": request.getfixturevalue("postgres")()})
    with closing(Store.open(of.store_url)) as store:
        migrate(store)
    return serve(of)


def ids(scores: list[Any]) -> list[str]:
    return [one.id if hasattr(one, "id") else one["Id"] for one in scores]


def status_of(call: Callable[[], Any]) -> int:
    with pytest.raises(gorse.GorseException) as told:
        call()
    return told.value.status_code


def test_both_clients_have_the_same_methods_and_each_is_tried_here():
    public = [
        {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        for kind in (gorse.Gorse, gorse.AsyncGorse)
    ]
    assert public[0] == public[1]
    here = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in public[0] if f"theirs.{name}" not in here} == set()


def test_an_item_lives_from_its_first_label_to_its_end(theirs, client):
    item = {
        "ItemId": "shop:1", "IsHidden": False, "Categories": ["film"], "Timestamp": PAST,
        "Labels": ["object:phone", "new label"], "Comment": "Two cats\nand a box",
    }  # fmt: skip
    assert theirs.insert_item(item) == {"RowAffected": 1}
    found = theirs.get_item("shop:1")
    assert found.pop("Labels") == sorted(item.pop("Labels"))
    assert found == {**item, "Timestamp": "2026-01-02T03:04:05.000Z"}
    video = client.get("/v1/videos/shop:1").json()
    assert (video["title"], video["published_at"]) == ("Two cats", "2026-01-02T03:04:05.000Z")
    assert [one["tag"] for one in video["tags"]] == ["category:film", "new label", "object:phone"]
    assert theirs.update_item("shop:1", labels=["object:phone"], comment="Three cats") == {"RowAffected": 1}
    found = theirs.get_item("shop:1")
    assert (found["Labels"], found["Categories"], found["Comment"]) == (["object:phone"], ["film"], "Three cats")
    assert found["Timestamp"] == "2026-01-02T03:04:05.000Z"
    assert theirs.delete_item("shop:1") == {"RowAffected": 1}
    assert theirs.delete_item("shop:1") == {"RowAffected": 0}
    assert status_of(lambda: theirs.get_item("shop:1")) == 404
    assert status_of(lambda: theirs.update_item("shop:1", comment="x")) == 404


def test_labels_of_any_form_become_tags_and_come_back_as_they_were(theirs, client):
    labels = {"genre": ["drama", "sci-fi"], "country": "fi", "embedding": [0.5, 1], "adult": False}
    theirs.insert_item({"ItemId": "v-labels", "Labels": labels})
    assert theirs.get_item("v-labels")["Labels"] == labels
    tags = [one["tag"] for one in client.get("/v1/videos/v-labels").json()["tags"]]
    assert tags == ["country:fi", "genre:drama", "genre:sci-fi"]
    theirs.update_item("v-labels", labels=["plain"])
    assert theirs.get_item("v-labels")["Labels"] == ["plain"]


def test_what_gorse_has_no_word_for_stays(theirs, client):
    client.put("/v1/videos/v-own", json={
        "duration_s": 60, "language": "fi", "attributes": {"studio": "north"},
        "tags": [{"tag": "object:phone", "source": "vendor:x"}, "mine"],
    })  # fmt: skip
    theirs.insert_item({"ItemId": "v-own", "Labels": ["other"], "Comment": "c"})
    video = client.get("/v1/videos/v-own").json()
    assert (video["duration_s"], video["language"], video["attributes"]) == (60, "fi", {"studio": "north"})
    assert [one["tag"] for one in video["tags"]] == ["object:phone", "other"]


def test_items_and_users_are_listed_page_by_page_and_items_found_by_words(theirs):
    for i in range(5):
        theirs.insert_item({"ItemId": f"page-{i}", "Comment": f"Number {i} 100%_"})
        theirs.insert_user({"UserId": f"user-{i}", "Labels": {"n": i}, "Comment": "c"})
    for listed, key in ((theirs.get_items, "ItemId"), (theirs.get_users, "UserId")):
        seen, cursor = [], ""
        while True:
            rows, cursor = listed(2, cursor)
            seen += [one[key] for one in rows]
            if not cursor:
                break
        assert seen == sorted(seen)
        assert len(set(seen)) == len(seen) == 5
    assert [one["ItemId"] for one in theirs.search_items("NUMBER 3")] == ["page-3"]
    assert len(theirs.search_items("100%_", n=2)) == 2
    assert theirs.search_items("%%") == []


def test_a_user_lives_from_their_labels_to_being_forgotten(theirs, client):
    user = {"UserId": "bob", "Labels": {"gender": "M", "age": 24}, "Subscribe": ["film"], "Comment": "my user"}
    assert theirs.insert_user(user) == {"RowAffected": 1}
    assert theirs.get_user("bob") == user
    assert theirs.insert_users([{"UserId": "ann"}, {"UserId": "cleo", "Comment": "x"}]) == {"RowAffected": 2}
    assert theirs.get_user("ann") == {"UserId": "ann", "Labels": None, "Subscribe": None, "Comment": ""}
    theirs.insert_feedback("star", "bob", "video-001", PAST)
    assert theirs.delete_user("bob") == {"RowAffected": 1}
    assert status_of(lambda: theirs.get_user("bob")) == 404
    assert client.get("/v1/viewers/bob").status_code == 404
    assert theirs.list_feedbacks("star", "bob") == []


def test_feedback_changes_the_next_answer_and_deleting_it_changes_it_back(theirs):
    before = ids(theirs.get_recommend("dora", n=10))
    assert len(before) == 10
    feedback = [
        {"FeedbackType": "star", "UserId": "dora", "ItemId": one, "Timestamp": PAST, "Comment": "!"}
        for one in before[5:8]
    ]
    assert theirs.insert_feedbacks(feedback) == {"RowAffected": 3}
    assert theirs.insert_feedbacks(feedback) == {"RowAffected": 0}
    theirs.insert_feedback("read", "dora", before[9], "")
    after = ids(theirs.get_recommend("dora", n=10))
    assert after != before
    assert not set(after) & {*before[5:8], before[9]}
    listed = theirs.list_feedbacks("star", "dora")
    assert {one["ItemId"] for one in listed} == set(before[5:8])
    assert {one["Comment"] for one in listed} == {"!"}
    assert {one["Timestamp"] for one in listed} == {"2026-01-02T03:04:05.000Z"}
    rows, cursor = theirs.get_feedbacks(3)
    assert len(rows) == 3
    more, end = theirs.get_feedbacks(3, cursor)
    assert (len(more), end) == (1, "")
    for one in [*before[5:8], before[9]]:
        assert theirs.delete_feedback("dora", one) == {"RowAffected": 1}
    assert ids(theirs.get_recommend("dora", n=10)) == before


def test_a_new_item_is_recommended_by_its_labels_within_its_category(theirs):
    theirs.insert_item({"ItemId": "fresh", "Labels": ["object:phone"], "Categories": ['it\'s "new"']})
    assert ids(theirs.get_recommend("eve", category='it\'s "new"')) == ["fresh"]
    assert theirs.get_recommend("eve", category="no such") == []
    theirs.update_item("fresh", is_hidden=True)
    assert theirs.get_item("fresh")["IsHidden"] is True
    assert theirs.get_recommend("eve", category='it\'s "new"') == []
    theirs.update_item("fresh", is_hidden=False)
    assert ids(theirs.get_recommend("eve", category='it\'s "new"')) == ["fresh"]


def test_lists_go_on_where_the_one_before_ended(theirs):
    whole = ids(theirs.get_recommend("fay", n=8))
    assert ids(theirs.get_recommend("fay", n=4, offset=4)) == whole[4:]
    neighbours = ids(theirs.get_neighbors("video-001", n=6))
    assert len(neighbours) == 6
    assert "video-001" not in neighbours
    assert ids(theirs.get_neighbors("video-001", n=3, offset=3)) == neighbours[3:]
    assert theirs.get_neighbors("nothing") == []


def test_a_session_is_recommended_to_and_nothing_of_it_is_kept(theirs):
    one = {"FeedbackType": "like", "UserId": "", "ItemId": "video-004", "Timestamp": PAST}
    found = ids(theirs.session_recommend([one], n=5))
    assert len(found) == 5
    assert "video-004" not in found
    assert ids(theirs.session_recommend([], n=5)) != found
    assert theirs.get_feedbacks(10) == ([], "")


def test_what_was_recommended_can_be_written_back_as_read(theirs):
    first = ids(theirs.get_recommend("gil", n=3, write_back_type="read", write_back_delay="0h0m0s"))
    assert {one["ItemId"] for one in theirs.list_feedbacks("read", "gil")} == set(first)
    assert not set(ids(theirs.get_recommend("gil", n=3))) & set(first)
    assert status_of(lambda: theirs.get_recommend("gil", write_back_type="read", write_back_delay="10m")) == 422


def test_latest_and_popular_are_in_order_and_leave_out_what_a_user_had(client, theirs):
    for day in (1, 2, 3):
        theirs.insert_item({"ItemId": f"day-{day}", "Timestamp": f"2026-10-0{day}T00:00:00Z", "Categories": ["daily"]})
    theirs.insert_item({"ItemId": "later", "Timestamp": "2999-01-01T00:00:00Z", "Categories": ["daily"]})
    latest = client.get("/api/latest/daily").json()
    assert [one["Id"] for one in latest] == ["day-3", "day-2", "day-1"]
    assert latest[0]["Score"] == 1_790_985_600
    assert [one["Id"] for one in client.get("/api/latest?n=1&offset=1").json()] == ["day-2"]
    for user, videos in {"a": ("video-001", "video-002"), "b": ("video-001",)}.items():
        for one in videos:
            theirs.insert_feedback("watch", user, one, "")
    theirs.insert_feedback("watch", "a", "day-3", "")
    popular = [(one["Id"], one["Score"]) for one in client.get("/api/popular").json()]
    assert popular == [("video-001", 2), ("day-3", 1), ("video-002", 1)]
    assert [one["Id"] for one in client.get("/api/popular?user-id=b").json()] == ["day-3", "video-002"]
    assert [one["Id"] for one in client.get("/api/popular/daily").json()] == ["day-3"]
    assert [one["Id"] for one in client.get("/api/latest/daily?user-id=a").json()] == ["day-2", "day-1"]


@pytest.mark.parametrize(
    "feedback, says",
    [
        ({"FeedbackType": "wave"}, "TAGREEL_GORSE_FEEDBACK"),
        ({"FeedbackType": "star", "Timestamp": "2999-01-01T00:00:00Z"}, "future"),
        ({"FeedbackType": "star", "Timestamp": "yesterday"}, "ISO 8601"),
        ({"FeedbackType": "star", "ItemId": ""}, "at least 1 character"),
        ({"FeedbackType": "star", "UserId": "a\0b"}, "pattern"),
    ],
)
def test_feedback_that_breaks_a_rule_is_refused_whole_with_the_rule(theirs, feedback, says):
    good = {"FeedbackType": "star", "UserId": "u", "ItemId": "v", "Timestamp": ""}
    with pytest.raises(gorse.GorseException) as told:
        theirs.insert_feedbacks([good, {**good, **feedback}])
    assert told.value.status_code == 422
    assert says in told.value.message
    assert theirs.get_feedbacks(10) == ([], "")


@pytest.mark.parametrize(
    "labels", [["x" * 201], [""], ["a\nb"], {"a": ["x" * 30] * 1000}, [f"l{i}" for i in range(501)]]
)
def test_labels_that_no_tag_can_hold_are_refused(theirs, labels):
    assert status_of(lambda: theirs.insert_item({"ItemId": "bad", "Labels": labels})) == 422
    assert status_of(lambda: theirs.get_item("bad")) == 404


def test_own_feedback_types_are_named_by_a_setting(serve, settings: Settings):
    of = settings.model_copy(update={"gorse_feedback": {"wave": "like"}})
    address = str(serve(of).base_url).rstrip("/")
    theirs = gorse.Gorse(address, "none")
    assert theirs.insert_feedback("wave", "u", "video-001", "") == {"RowAffected": 1}
    assert [one["FeedbackType"] for one in theirs.list_feedbacks("wave", "u")] == ["wave"]


def test_feedback_is_replaced_where_it_is_put(client):
    row = {"FeedbackType": "star", "UserId": "u", "ItemId": "v", "Timestamp": PAST, "Value": 1}
    for value in (1, 2):
        answer = client.put("/api/feedback", json=[{**row, "Value": value}])
        assert answer.json() == {"RowAffected": 1}
    [found] = client.get("/api/user/u/feedback").json()
    assert found["Value"] == 2


def test_ids_alone_are_given_to_clients_that_do_not_ask_for_scores(client):
    plain = client.get("/api/recommend/u?n=2").json()
    scored = client.get("/api/recommend/u?n=2", headers={"X-API-Version": "2"}).json()
    assert plain == [one["Id"] for one in scored]


def test_a_key_of_tagreel_is_the_api_key(serve, settings: Settings):
    secrets = {}
    for scope in ("read", "write"):
        key, secrets[scope] = make_key(scope, "default", Scope[scope.upper()], None, now_ms())
        store = prepared_store(settings)
        store.write_now(lambda connection, key=key: add_key(connection, key))
        store.close()
    address = str(serve().base_url).rstrip("/")
    reader, writer = (gorse.Gorse(address, secrets[scope]) for scope in ("read", "write"))
    assert status_of(lambda: gorse.Gorse(address, "wrong").get_items(1)) == 401
    assert status_of(lambda: reader.insert_user({"UserId": "u"})) == 403
    assert status_of(lambda: reader.get_recommend("u", write_back_type="read")) == 403
    assert len(reader.get_recommend("u", n=2)) == 2
    assert writer.insert_user({"UserId": "u"}) == {"RowAffected": 1}


@pytest.mark.parametrize("text, ok", [("a=like,b=save", True), ("a=wave", False), ("", True)])
def test_the_setting_of_feedback_types_takes_only_event_types(monkeypatch, text, ok):
    monkeypatch.setenv("TAGREEL_GORSE_FEEDBACK", text)
    if ok:
        assert set(Settings().gorse_feedback.values()) <= {"like", "save"}
    else:
        with pytest.raises(ValueError, match="'wave' is no event type"):
            Settings()
