"""Tenants never mix: not their data, not their bundles, not what was shown, not their numbers."""

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from service.auth.keys import DEFAULT_TENANT
from service.auth.places import settings_of
from service.auth.tenants import IDLE_S, Tenants
from service.clock import now_ms
from service.metrics import Metrics
from service.problems import ProblemError
from service.settings import Settings
from service.storage.migrate import newest_revision

BOTH = ("acme", "globex")


@pytest.fixture
def keys(mint) -> dict[str, dict[str, str]]:
    return {tenant: mint("write", tenant) for tenant in BOTH} | {DEFAULT_TENANT: mint("admin")}


@pytest.fixture
def client(keys, made, publish, serve, until) -> httpx.Client:
    """Two tenants, each with a bundle of its own, beside the default one."""
    for tenant, version in zip(BOTH, made.versions, strict=True):
        publish(tenant, version)
    return serve()


def stored(settings: Settings, tenant: str, table: str) -> list[dict]:
    engine = create_engine(settings_of(settings, tenant).store_url)
    with engine.connect() as connection:
        found = [dict(one) for one in connection.execute(text(f"select * from {table}")).mappings()]
    engine.dispose()
    return found


def files_of(settings: Settings, tenant: str) -> bytes:
    database = Path(settings_of(settings, tenant).store_url.removeprefix("sqlite:///"))
    return b"".join(one.read_bytes() for one in database.parent.glob(f"{database.name}*") if one.is_file())


def numbers(client: httpx.Client, key: dict[str, str]) -> dict[tuple, float]:
    """(name, tenant, other labels …) → value."""
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics", headers=key).text):
        for one in family.samples:
            others = [value for name, value in sorted(one.labels.items()) if name != "tenant"]
            found[one.name, one.labels.get("tenant"), *others] = one.value
    return found


def use(client: httpx.Client, tenant: str, key: dict[str, str]) -> dict:
    """A day of a tenant: the same ids as everybody's, its name in all else."""
    video = {"title": f"film of {tenant}", "tags": ["category:cooking", f"only:{tenant}"]}
    answers = [
        client.put("/v1/videos/same", json=video, headers=key),
        client.put("/v1/tags/same", json={"names": [{"name": f"tag of {tenant}"}]}, headers=key),
        client.put("/v1/viewers/same", json={"attributes": {"of": f"viewer of {tenant}"}}, headers=key),
        client.patch("/v1/viewers/same/profile", json={"like": [f"only:{tenant}"]}, headers=key),
        client.post(
            "/v1/events",
            json={"event_id": "same", "viewer_id": "same", "video_id": f"seen-{tenant}", "event_type": "like"},
            headers=key,
        ),
        client.get("/v1/viewers/same/recommendations?n=5", headers=key),
    ]
    assert [one.status_code for one in answers] == [200] * 6, [one.text for one in answers]
    assert answers[4].json()["accepted"] == 1
    return answers[-1].json()


def test_two_tenants_share_ids_and_nothing_else(client, keys, settings, made, until):
    shown = {tenant: use(client, tenant, keys[tenant]) for tenant in BOTH}
    for tenant, version, other in (("acme", made.versions[0], "globex"), ("globex", made.versions[1], "acme")):
        key, answer = keys[tenant], shown[tenant]
        assert answer["bundle"] == version
        assert answer["videos"][0]["video_id"] == "same"  # its own tag is liked
        assert answer["videos"][0]["title"] == f"film of {tenant}"
        for address in ("videos/same", "tags/same", "viewers/same", "viewers/same/profile", "tags?q=of"):
            said = client.get(f"/v1/{address}", headers=key).text
            assert tenant in said
            assert other not in said, address
        until(lambda tenant=tenant: len(stored(settings, tenant, "impressions")) == 1)
        [impression] = stored(settings, tenant, "impressions")
        assert (impression["request_id"], impression["bundle"]) == (answer["request_id"], version)
        assert [one["video_id"] for one in stored(settings, tenant, "events")] == [f"seen-{tenant}"]
        assert tenant.encode() in files_of(settings, tenant)
        assert other.encode() not in files_of(settings, tenant)
    assert b"film of" not in files_of(settings, DEFAULT_TENANT)
    assert stored(settings, DEFAULT_TENANT, "impressions") == stored(settings, DEFAULT_TENANT, "events") == []
    assert client.get("/v1/videos/same", headers=keys[DEFAULT_TENANT]).status_code == 404


def test_forgetting_a_viewer_is_one_tenants_affair(client, keys):
    for tenant in BOTH:
        use(client, tenant, keys[tenant])
    assert client.delete("/v1/viewers/same", headers=keys["acme"]).json()["deleted_rows"] > 0
    assert client.get("/v1/viewers/same", headers=keys["acme"]).status_code == 404
    assert client.get("/v1/viewers/same", headers=keys["globex"]).json()["n_events"] == 1


def test_each_tenants_numbers_are_its_own(client, keys, made, until):
    use(client, "acme", keys["acme"])
    for _ in range(2):
        client.post("/v1/recommendations", json={"n": 3}, headers=keys["globex"])
    until(lambda: numbers(client, keys[DEFAULT_TENANT]).get(("tagreel_shortlists_total", "globex", "yes")) == 1)
    found = numbers(client, keys[DEFAULT_TENANT])
    assert found["tagreel_bundle", "acme", made.versions[0]] == 1
    assert found["tagreel_bundle", "globex", made.versions[1]] == 1
    assert ("tagreel_bundle", "globex", made.versions[0]) not in found
    assert (found["tagreel_candidates_count", "acme"], found["tagreel_candidates_count", "globex"]) == (1, 2)
    assert found["tagreel_fallbacks_total", "globex", "popularity"] == 2
    assert ("tagreel_fallbacks_total", "acme", "popularity") not in found
    assert found["tagreel_catalogue_videos", "globex"] + 1 == found["tagreel_catalogue_videos", "acme"]
    assert found["tagreel_requests_total", "globex", "POST", "/v1/recommendations", "200"] == 2
    assert ("tagreel_requests_total", "acme", "POST", "/v1/recommendations", "200") not in found


def test_a_tenants_new_bundle_is_nobody_elses(client, keys, made, publish, settings, until):
    before = {tenant: use(client, tenant, keys[tenant])["bundle"] for tenant in BOTH}
    publish("acme", made.versions[1])

    def bundle(tenant: str) -> str:
        return client.get("/v1/viewers/v/recommendations?n=1", headers=keys[tenant]).json()["bundle"]

    until(lambda: bundle("acme") == made.versions[1])
    assert bundle("globex") == before["globex"]
    assert bundle(DEFAULT_TENANT) == made.versions[0]


def test_many_ask_at_once_for_a_tenant_that_is_not_open_yet(client, keys):
    found: list[httpx.Response] = []
    asking = [
        threading.Thread(target=lambda one=one: found.append(httpx.get(client.base_url.join("/v1/tags"), headers=one)))
        for one in [keys["acme"], keys["globex"]] * 10
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert [one.status_code for one in found] == [200] * 20


def test_a_tenant_whose_store_is_of_another_version_says_so_and_harms_nobody(client, keys, settings):
    engine = create_engine(settings_of(settings, "acme").store_url)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    engine.dispose()
    refused = client.get("/v1/tags", headers=keys["acme"])
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:tagreel:problem:tenant-unavailable")
    assert "acme/" not in refused.text
    assert client.get("/v1/tags", headers=keys["globex"]).status_code == 200
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = :newest"), {"newest": newest_revision()})
    engine.dispose()
    assert client.get("/v1/tags", headers=keys["acme"]).status_code == 200


def test_where_a_tenant_lies_is_beside_the_default_one_and_its_own():
    base = Settings(store_url="sqlite:////data/store.db", bundles=Path("/data/bundles"))
    assert settings_of(base, DEFAULT_TENANT) is base
    acme = settings_of(base, "acme")
    assert (acme.store_url, acme.bundles) == (
        "sqlite:////data/tenants/acme/store.db",
        Path("/data/tenants/acme/bundles"),
    )
    assert settings_of(Settings(store_url="sqlite:///s.db"), "acme").store_url == "sqlite:///tenants/acme/s.db"
    there = settings_of(Settings(store_url="postgresql+psycopg://me:secret@db/shop?options=-cx%3D1"), "a-b").store_url
    assert "me:secret@db/shop" in there
    assert there.endswith("options=-cx%3D1+-csearch_path%3Dtenant_a_b")


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_that_was_idle_makes_room_and_comes_back(settings):
    seconds, metrics = Seconds(), Metrics()

    async def play() -> None:
        tenants = Tenants(settings.model_copy(update={"max_tenants": 2}), now_ms, metrics, seconds)
        await tenants.start()
        first = await tenants.state("a")
        with pytest.raises(ProblemError, match="TAGREEL_MAX_TENANTS") as refused:
            await tenants.state("b")
        assert (refused.value.status, refused.value.code) == (503, "too-many-tenants")
        assert await tenants.state("a") is first
        seconds.now = IDLE_S
        assert (await tenants.state("b")).store is not first.store
        assert len(tenants) == 2
        assert await tenants.state(DEFAULT_TENANT) is tenants.default
        seconds.now = 2 * IDLE_S
        again = await tenants.state("a")
        assert again is not first
        with again.store.reading() as connection:
            assert connection.execute(text("select count(*) from events")).scalar() == 0
        await tenants.close()

    asyncio.run(play())


def test_numbers_of_a_tenant_that_was_closed_go_on_where_they_stood(settings, publish, made):
    publish("a", made.versions[0])
    seconds, metrics = Seconds(), Metrics()

    async def play() -> None:
        tenants = Tenants(settings.model_copy(update={"max_tenants": 2}), now_ms, metrics, seconds)
        await tenants.start()
        for n_opened in (1, 2):
            await (await tenants.state("a")).measure()
            assert f'tagreel_bundle_loads_total{{tenant="a"}} {n_opened}.0' in metrics.text().decode()
            seconds.now += IDLE_S
            await tenants.state("b")
            seconds.now += IDLE_S
        await tenants.close()

    asyncio.run(play())


def test_whoever_waits_for_a_tenant_may_leave(settings):
    async def play() -> None:
        tenants = Tenants(settings, now_ms, Metrics())
        await tenants.start()
        impatient = asyncio.create_task(tenants.state("a"))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await tenants.state("a")).settings.bundles.parent.name == "a"
        await tenants.close()

    asyncio.run(play())


def test_what_waits_to_be_written_of_any_tenant_is_written_at_the_end(serve, settings, keys, made, publish):
    for tenant, version in zip(BOTH, made.versions, strict=True):
        publish(tenant, version)
    client = serve(settings.model_copy(update={"flush_s": 600.0}))
    for tenant in BOTH:
        client.get(f"/v1/viewers/u-{tenant}/recommendations?n=2", headers=keys[tenant])
        assert stored(settings, tenant, "impressions") == []
    serve.stop()
    for tenant in BOTH:
        assert [one["viewer_id"] for one in stored(settings, tenant, "impressions")] == [f"u-{tenant}"]
