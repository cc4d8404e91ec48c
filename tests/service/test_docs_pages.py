"""The API's interactive pages: whole without a network, open, and strict about what a browser may load."""

import re

import pytest

from service.docs_pages import POLICY


def test_the_page_and_all_of_its_parts_come_from_the_service(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js", "openapi.json"} <= set(parts)
    for one in parts:
        assert "//" not in one
        if not one.startswith("data:"):
            answer = client.get(f"/{one}")
            assert answer.status_code == 200, one
            assert len(answer.content) > 100, one


def test_a_browser_may_load_nothing_from_elsewhere_and_run_nothing_that_stands_in_a_page(client):
    for address in ("/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js"):
        headers = client.get(address).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    page = client.get("/docs").text
    assert not re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=", page)


def test_the_pages_are_open_where_keys_are_asked_for(serve, settings):
    client = serve(settings.model_copy(update={"auth": "required"}))
    assert client.get("/v1/tags").status_code == 401
    assert client.get("/docs").status_code == client.get("/docs/start.js").status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.py", "docs.html", "redoc.standalone.js"])
def test_only_the_parts_of_the_page_are_there(client, name):
    answer = client.get(f"/docs/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
