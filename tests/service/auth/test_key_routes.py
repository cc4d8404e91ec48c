"""Keys over HTTP: an admin's own tenant's, or everybody's for the default tenant's."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.settings import Settings


@pytest.fixture
def admin(mint) -> dict[str, str]:
    return mint("admin")


@pytest.fixture
def client(admin, serve) -> httpx.Client:
    return serve()


def test_a_key_that_was_made_opens_what_it_says_until_it_is_revoked(client, admin):
    answer = client.post("/v1/keys", json={"name": "shop", "scope": "read", "per_minute": 60}, headers=admin)
    assert answer.status_code == 201
    made = answer.json()
    secret = made.pop("secret")
    assert made.pop("rpc_secret") != made.pop("vod_callback_key")
    assert (made["name"], made["scope"], made["tenant"], made["per_minute"]) == ("shop", "read", "default", 60)
    assert (made["last_four"], made["revoked_at"]) == (secret[-4:], None)
    key = {"X-API-Key": secret}
    assert client.get("/v1/tags", headers=key).headers["ratelimit-limit"] == "60"
    assert client.post("/v1/events", headers=key).status_code == 403
    revoked = client.delete(f"/v1/keys/{made['key_id']}", headers=admin)
    assert revoked.json() == {**made, "revoked_at": revoked.json()["revoked_at"]}
    assert revoked.json()["revoked_at"] is not None
    assert client.get("/v1/tags", headers=key).status_code == 401  # at once, where it was revoked


def test_the_list_shows_no_secret_and_keeps_the_revoked(client, admin):
    made = client.post("/v1/keys", json={"name": "x", "scope": "write"}, headers=admin).json()
    client.delete(f"/v1/keys/{made['key_id']}", headers=admin)
    answer = client.get("/v1/keys", headers=admin)
    assert [(one["name"], one["revoked_at"] is None) for one in answer.json()["keys"]] == [
        ("default's", True),
        ("x", False),
    ]
    assert made["secret"] not in answer.text
    assert admin["X-API-Key"] not in answer.text


def test_a_new_tenants_key_opens_an_empty_place(client, admin, settings: Settings):
    fields = {"name": "theirs", "scope": "admin", "tenant": "acme"}
    key = {"X-API-Key": client.post("/v1/keys", json=fields, headers=admin).json()["secret"]}
    client.put("/v1/videos/v", json={"title": "ours"}, headers=admin)
    assert client.get("/v1/videos/v", headers=key).status_code == 404
    assert client.put("/v1/videos/v", json={"title": "theirs"}, headers=key).status_code == 200
    assert client.get("/v1/videos/v", headers=admin).json()["title"] == "ours"


def test_a_tenants_admin_has_a_say_in_its_own_keys_only(client, admin, mint):
    theirs = mint("admin", "acme")
    [ours] = client.get("/v1/keys?tenant=default", headers=admin).json()["keys"]
    assert {one["tenant"] for one in client.get("/v1/keys", headers=admin).json()["keys"]} == {"acme", "default"}
    assert {one["tenant"] for one in client.get("/v1/keys", headers=theirs).json()["keys"]} == {"acme"}
    for tenant in ("default", "globex"):
        made = client.post("/v1/keys", json={"name": "x", "scope": "read", "tenant": tenant}, headers=theirs)
        assert made.status_code == 403, tenant
        assert client.get(f"/v1/keys?tenant={tenant}", headers=theirs).status_code == 403, tenant
    assert client.delete(f"/v1/keys/{ours['key_id']}", headers=theirs).status_code == 404
    assert client.get("/v1/keys", headers=admin).status_code == 200
    own = client.post("/v1/keys", json={"name": "x", "scope": "read"}, headers=theirs)
    assert (own.status_code, own.json()["tenant"]) == (201, "acme")
    assert client.delete(f"/v1/keys/{own.json()['key_id']}", headers=theirs).status_code == 200


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"scope": "read"}, "name"),
        ({"name": "", "scope": "read"}, "name"),
        ({"name": "a\0b", "scope": "read"}, "name"),
        ({"name": "x", "scope": "root"}, "scope"),
        ({"name": "x"}, "scope"),
        ({"name": "x", "scope": "read", "per_minute": 0}, "per_minute"),
        ({"name": "x", "scope": "read", "per_minute": 10**9}, "per_minute"),
        ({"name": "x", "scope": "read", "tenant": "../x"}, "tenant"),
        ({"name": "x", "scope": "read", "tenant": "acme\n"}, "tenant"),
        ({"name": "x", "scope": "read", "secret": "mine"}, "secret"),
    ],
)
def test_a_key_that_breaks_a_rule_is_not_made(client, admin, fields, field):
    answer = client.post("/v1/keys", json=fields, headers=admin)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert len(client.get("/v1/keys", headers=admin).json()["keys"]) == 1


@pytest.mark.parametrize("key_id, status", [("0" * 12, 404), ("x", 422), ("0" * 13, 422), ("A" * 12, 422)])
def test_a_key_that_is_not_there_cannot_be_revoked(client, admin, key_id, status):
    assert client.delete(f"/v1/keys/{key_id}", headers=admin).status_code == status


def test_many_keys_of_a_new_tenant_at_once_are_all_made(client, admin):
    fields = {"name": "one of many", "scope": "read", "tenant": "acme"}
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: client.post("/v1/keys", json=fields, headers=admin), range(16)))
    assert [one.status_code for one in made] == [201] * 16
    assert len(client.get("/v1/keys?tenant=acme", headers=admin).json()["keys"]) == 16
    assert {client.get("/v1/tags", headers={"X-API-Key": one.json()["secret"]}).status_code for one in made} == {200}
