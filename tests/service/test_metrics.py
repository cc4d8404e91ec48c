"""What Prometheus is told, of one process and of several."""

import os
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from recsys.shelf import Shelf


def numbers(text: str) -> dict[tuple, float]:
    """(name, values of the labels in order of their names …) → value."""
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


@pytest.fixture
def scraped(client):
    def scrape() -> dict[tuple, float]:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return numbers(answer.text)

    return scrape


def test_requests_are_counted_by_route_and_status_never_by_id(client, scraped):
    for viewer in ("a", "b/c", "d"):
        client.get(f"/v1/viewers/{viewer}/recommendations?n=2")
    client.get("/v1/viewers/a/recommendations?n=0")
    client.get("/no/such/address")
    client.request("PROPFIND", "/no/such/address")
    found = scraped()
    route = "/v1/viewers/{viewer_id}/recommendations"
    assert found["tagreel_requests_total", "GET", route, "200", "default"] == 3
    assert found["tagreel_requests_total", "GET", route, "422", "default"] == 1
    assert found["tagreel_requests_total", "GET", "unmatched", "404", ""] == 1
    assert found["tagreel_requests_total", "other", "unmatched", "404", ""] == 1
    assert found["tagreel_request_seconds_count", "GET", route, "default"] == 4
    assert 0 < found["tagreel_request_seconds_sum", "GET", route, "default"] < 60
    assert not [one for one in found if "b/c" in str(one)]


def test_a_recommendation_tells_its_stages_candidates_and_fallback(client, scraped):
    client.post("/v1/recommendations", json={"n": 3})
    client.get("/v1/videos/video-000/similar?n=3")
    found = scraped()
    assert {one[1] for one in found if one[0] == "tagreel_stage_seconds_count"} == {
        "history", "shortlist", "rank", "write",
    }  # fmt: skip
    assert found["tagreel_candidates_count", "default"] == 2
    assert [one for one in found if one[0] == "tagreel_fallbacks_total"] == [
        ("tagreel_fallbacks_total", "popularity", "default")
    ]


def test_what_is_kept_of_a_viewer_is_told_from_what_is_made(client, scraped):
    for _ in range(3):
        client.post("/v1/recommendations", json={"viewer_id": "u", "n": 3})
    found = scraped()
    assert (
        found["tagreel_shortlists_total", "no", "default"],
        found["tagreel_shortlists_total", "yes", "default"],
    ) == (1, 2)


def test_the_bundle_is_told_and_so_is_its_refusal(client, scraped, shelf: Shelf, made, until):
    first, second = made.versions
    found = scraped()
    assert found["tagreel_bundle", "default", first] == 1
    assert found["tagreel_bundle_age_seconds", "default"] > 0
    assert found["tagreel_catalogue_videos", "default"] == 120
    assert found["tagreel_bundle_loads_total", "default"] == 1
    shelf.point_to(second)
    until(lambda: scraped().get(("tagreel_bundle", "default", second)) == 1)
    assert scraped()["tagreel_bundle", "default", first] == 0
    next((shelf.root / first).glob("*.npy")).write_bytes(b"broken")
    shelf.point_to(first)
    until(lambda: scraped()["tagreel_bundle_refusals_total", "default"] >= 1)
    assert scraped()["tagreel_bundle", "default", second] == 1


def test_impressions_that_are_dropped_are_counted(serve, settings):
    client = serve(settings.model_copy(update={"max_waiting_impressions": 4, "flush_s": 60.0}))
    for _ in range(3):
        client.get("/v1/viewers/u/recommendations?n=3")
    found = numbers(client.get("/metrics").text)
    assert (found["tagreel_impressions_waiting", "default"], found["tagreel_impressions_dropped_total", "default"]) == (
        3,
        6,
    )


def test_apps_of_one_process_do_not_count_each_others_requests(serve):
    one, other = serve(), serve()
    one.get("/v1/tags")
    assert ("tagreel_requests_total", "GET", "/v1/tags", "200", "default") in numbers(one.get("/metrics").text)
    assert ("tagreel_requests_total", "GET", "/v1/tags", "200", "default") not in numbers(other.get("/metrics").text)


COUNTING = """
import sys
from service.metrics import Metrics
metrics = Metrics()
metrics._families.waiting.labels("acme").set(5)
metrics.answered("GET", "/x", 200, "acme", [0.1])
if sys.argv[1:]:
    sys.stdout.write(metrics.text().decode())
"""


def test_workers_are_added_up_and_the_dead_hold_nothing_any_more(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNTING], env=environment, check=True)
    last = [sys.executable, "-c", COUNTING, "print"]
    said = subprocess.run(last, env=environment, check=True, capture_output=True, text=True).stdout
    found = numbers(said)
    assert found["tagreel_requests_total", "GET", "/x", "200", "acme"] == 3
    assert found["tagreel_impressions_waiting", "acme"] == 5
