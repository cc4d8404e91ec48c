"""Spans of requests and stages, in a process of their own: OpenTelemetry's provider is set once a process."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from pipelines.benchmark.servers import service

pytest.importorskip("opentelemetry.sdk", reason="needs the extra otel")

TRACED = """
import asyncio, json, sys
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from service.app import create_app
from service.settings import Settings

exporter = InMemorySpanExporter()
if sys.argv[3] == "traced":
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

async def main():
    app = create_app(Settings(store_url=sys.argv[1], bundles=sys.argv[2]))
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            (await client.get("/readyz")).raise_for_status()
            (await client.get("/v1/viewers/u1/recommendations?n=3")).raise_for_status()

asyncio.run(main())
spans = exporter.get_finished_spans()
own = {one.context.span_id: one.name for one in spans}
print(json.dumps([[one.name, own.get(one.parent.span_id) if one.parent else None, one.end_time - one.start_time]
                  for one in spans]))
"""


def spans(settings, how):
    command = [sys.executable, "-c", TRACED, settings.store_url, str(settings.bundles), how]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_request_is_a_span_with_its_stages_below_and_probes_are_none(settings):
    found = spans(settings, "traced")
    route = "GET /v1/viewers/{viewer_id}/recommendations"
    assert [(name, parent) for name, parent, _ in found] == [
        ("history", route), ("shortlist", route), ("rank", route), ("write", route), (route, None),
    ]  # fmt: skip
    *stages, whole = [took for *_, took in found]
    assert all(one > 0 for one in stages)
    assert sum(stages) <= whole


def test_without_a_provider_nothing_is_recorded(settings):
    assert spans(settings, "plain") == []


def test_spans_go_where_the_environment_says(settings, monkeypatch, until):
    got = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    collector = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with service(settings.store_url, settings.bundles) as server:
            httpx.get(
                f"http://127.0.0.1:{server.port}/v1/viewers/u1/recommendations?n=3", timeout=30
            ).raise_for_status()
            until(lambda: [1 for path, body in got if path == "/v1/traces" and b"shortlist" in body], within_s=60)
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()


def test_spans_that_nothing_can_send_are_an_error_that_names_the_extra(settings):
    code = "import sys; sys.modules['opentelemetry.sdk'] = None; from service.app import create_app; create_app()"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:1"}
    )
    assert ran.returncode != 0
    assert "tagreel[otel]" in ran.stderr
