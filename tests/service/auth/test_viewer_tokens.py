"""A viewer's token reads one viewer's answers of one tenant, for a while; nothing else does it open."""

import base64
import json
from dataclasses import replace

import httpx
import pytest

from recsys.timeline import iso
from service.auth.keys import Scope, make_key
from service.auth.viewer_tokens import key_id_of, sign_token, viewer_of
from service.clock import now_ms
from service.problems import ProblemError

KEY, _ = make_key("k", "acme", Scope.WRITE, None, 0)


def code(token: str, key=KEY, now: int = 0) -> str:
    with pytest.raises(ProblemError) as found:
        viewer_of(token, key, now)
    assert found.value.status == 401
    return found.value.code


@pytest.mark.parametrize("viewer", ["u", "a/b", "日本", "x" * 200, 'q"[]', "a.b.c"])
def test_a_token_says_whose_it_is_until_it_expires(viewer: str):
    token = sign_token(KEY, viewer, 1000)
    assert key_id_of(token) == KEY.key_id
    assert viewer_of(token, KEY, 999) == viewer
    assert code(token, now=1000) == "token-expired"


def test_no_character_of_a_token_can_be_changed():
    token = sign_token(KEY, "u1", 1000)
    for at in range(len(token)):
        for other in "Aa0._-":
            changed = token[:at] + other + token[at + 1 :]
            if changed != token:
                assert code(changed) == "token-invalid", changed


def test_a_payload_of_ones_own_is_no_ones():
    token = sign_token(KEY, "u1", 1000)
    head, _, signature = token.rpartition(".")
    mine = base64.urlsafe_b64encode(json.dumps(["u2", 10**15]).encode()).rstrip(b"=").decode()
    assert code(f"{head.partition('.')[0]}.{mine}.{signature}") == "token-invalid"
    assert code(f"{head}.") == "token-invalid"


@pytest.mark.parametrize("token", ["tv_", "tv_.", "tv_..", "tv_é.b.c", "tv_a.b.c" * 1000, "tv_\0.\0.\0"])
def test_nonsense_is_invalid_and_nothing_worse(token: str):
    assert code(token) == "token-invalid"


def test_another_key_has_not_signed_it():
    other, _ = make_key("k", "acme", Scope.WRITE, None, 0)
    assert code(sign_token(other, "u1", 1000)) == "token-invalid"
    assert code(sign_token(KEY, "u1", 1000), replace(KEY, key_hash=other.key_hash)) == "token-invalid"


@pytest.fixture
def clock():
    class Moving:
        now = now_ms()

        def __call__(self) -> int:
            return self.now

    return Moving()


@pytest.fixture
def client(serve, clock) -> httpx.Client:
    return serve(clock=clock)


def token_for(client, viewer: str, key: dict[str, str], **fields) -> dict[str, str]:
    answer = client.post(f"/v1/viewers/{viewer}/token", json=fields, headers=key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["viewer_id"] == viewer
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def test_a_viewer_reads_their_own_answers_and_nothing_else(client, mint):
    token = token_for(client, "a/b", mint("write"))
    for address in ("/v1/viewers/a/b/recommendations?n=3", "/v1/viewers/a/b/profile"):
        assert client.get(address, headers=token).status_code == 200, address
    for method, address in [
        ("GET", "/v1/viewers/a/recommendations"), ("GET", "/v1/viewers/other/recommendations"),
        ("GET", "/v1/viewers/other/profile"), ("GET", "/v1/viewers/a/b"), ("PATCH", "/v1/viewers/a/b/profile"),
        ("DELETE", "/v1/viewers/a/b"), ("POST", "/v1/recommendations"), ("POST", "/v1/events"), ("GET", "/v1/tags"),
        ("GET", "/v1/videos/video-000/similar"), ("POST", "/v1/viewers/a/b/token"), ("GET", "/v1/keys"),
        ("GET", "/metrics"),
    ]:  # fmt: skip
        answer = client.request(method, address, headers=token)
        assert answer.status_code == 403, (method, address, answer.text)
        assert answer.json()["type"] == "urn:tagreel:problem:not-for-viewers"


def test_a_token_ends_when_it_says_and_not_before(client, mint, clock):
    token = token_for(client, "u", mint("write"), expires_in_s=60)
    clock.now += 59_999
    assert client.get("/v1/viewers/u/profile", headers=token).status_code == 200
    clock.now += 1
    answer = client.get("/v1/viewers/u/profile", headers=token)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:tagreel:problem:token-expired")


@pytest.mark.parametrize("fields", [{"expires_in_s": 9}, {"expires_in_s": 2_592_001}, {"expires_in_s": "x"}, {"x": 1}])
def test_a_token_is_good_for_ten_seconds_to_thirty_days(client, mint, fields):
    answer = client.post("/v1/viewers/u/token", json=fields, headers=mint("write"))
    assert answer.status_code == 422


def test_without_a_body_it_is_good_for_an_hour(client, mint, clock):
    answer = client.post("/v1/viewers/u/token", headers=mint("write"))
    assert answer.json()["expires_at"] == iso(clock.now + 3_600_000)


def test_a_token_dies_with_its_key(client, mint, revoke, until):
    key = mint("write")
    token, other = token_for(client, "u", key), token_for(client, "u", mint("write"))
    revoke(key_id_of(token["Authorization"].removeprefix("Bearer ")))
    until(lambda: client.get("/v1/viewers/u/profile", headers=token).status_code == 401)
    assert client.get("/v1/viewers/u/profile", headers=token).json()["type"] == "urn:tagreel:problem:token-invalid"
    assert client.get("/v1/viewers/u/profile", headers=other).status_code == 200


def test_a_token_means_the_viewer_of_its_own_tenant(client, mint):
    ours, theirs = mint("write"), mint("write", "acme")
    client.patch("/v1/viewers/u/profile", json={"like": ["ours:tag"]}, headers=ours)
    client.patch("/v1/viewers/u/profile", json={"like": ["theirs:tag"]}, headers=theirs)
    for key, tag in ((ours, "ours:tag"), (theirs, "theirs:tag")):
        profile = client.get("/v1/viewers/u/profile", headers=token_for(client, "u", key)).json()
        assert [one["tag"] for one in profile["tags"]] == [tag]


def test_viewers_have_a_limit_each_which_is_not_the_keys(serve, settings, mint):
    client = serve(settings.model_copy(update={"viewer_per_minute": 2}))
    key = mint("write", per_minute=3)
    first, second = token_for(client, "u", key), token_for(client, "w", key)
    codes = [client.get("/v1/viewers/u/profile", headers=first).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert client.get("/v1/viewers/w/profile", headers=second).headers["ratelimit-limit"] == "2"
    assert client.get("/v1/tags", headers=key).headers["ratelimit-remaining"] == "0"


def test_an_open_service_gives_no_tokens_as_no_key_could_sign_them(client):
    assert client.post("/v1/viewers/u/token").status_code == 401
