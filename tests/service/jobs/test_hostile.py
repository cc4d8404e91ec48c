"""Hostile videos, payloads and addresses over HTTP: a clear error each, no crash, and nothing left behind."""

import json
import socket
import struct
import threading

import numpy as np
import pytest

from pipelines.outbound import UnreachableError, download
from recsys.addresses import address, reachable
from recsys.errors import DataError

RAW = {"content-type": "video/mp4"}
JSON = {"content-type": "application/json"}
ELSEWHERE = "169.254.169.254"


def spooled(settings):
    return sorted(one.name for one in settings.spool.iterdir()) if settings.spool.exists() else []


@pytest.fixture
def av():
    return pytest.importorskip("av", reason="needs the extra 'tagging'")


@pytest.fixture
def silent(av, tmp_path):
    """A file that holds sound alone."""
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def frameless(av, tmp_path):
    """A video without a frame in it."""
    path = tmp_path / "none.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        container.start_encoding()
    return path.read_bytes()


@pytest.fixture
def endless(av, tmp_path):
    """A second that claims to last four hours."""
    path = tmp_path / "long.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    whole = bytearray(path.read_bytes())
    place = whole.index(b"\x44\x89\x88") + 3
    whole[place : place + 8] = struct.pack(">d", 4 * 3600 * 1000.0)
    return bytes(whole)


@pytest.fixture
def tried(client, put, work, settings):
    """Uploads what should be a video, has it looked at, and gives the job."""
    put("v1")

    def attempt(content):
        answer = client.post("/v1/tag-jobs?video_id=v1", content=content, headers=RAW)
        assert answer.status_code == 200, answer.text
        work()
        job = client.get(f"/v1/tag-jobs/{answer.json()['job_id']}").json()
        assert spooled(settings) == []
        assert client.get("/v1/videos/v1/tags").json()["tags"] == []
        assert str(settings.spool) not in job["error"]
        return job

    return attempt


def test_what_is_no_video_fails_with_a_reason(tried, clip, silent, frameless, endless):
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    head = clip[: clip.index(b"moov") - 4]
    for content, says in (
        (clip[: len(clip) // 2], "the video holds neither"),
        (head, "the video "),
        (b"not a video" * 1000, "cannot be read"),
        (b"PK\x03\x04" + b"\0" * 5000, "cannot be read"),
        (playlist, "cannot be read"),
        (silent, "only sound"),
        (frameless, "cannot be read"),
        (endless, "14,400 s"),
    ):
        job = tried(content)
        assert job["state"] == "failed"
        assert says in job["error"], (content[:20], job["error"])
        assert job["attempts"] == 1


def test_a_wrong_extension_does_not_matter(client, put, clip, work, settings):
    put("v1")
    place = settings.media_roots[0] / "video.txt"
    place.write_bytes(clip)
    job = client.post("/v1/tag-jobs", json={"video_id": "v1", "path": str(place)}).json()
    work()
    assert client.get(f"/v1/tag-jobs/{job['job_id']}").json()["state"] == "finished"
    assert place.exists()


def test_empty_and_oversized_uploads_are_refused_and_leave_nothing(serve, settings):
    client = serve(settings.model_copy(update={"max_upload_bytes": 100_000}))
    client.put("/v1/videos/v1", json={"title": "x"})
    where = "/v1/tag-jobs?video_id=v1"
    empty = client.post(where, content=b"", headers=RAW)
    assert (empty.status_code, empty.json()["errors"][0]["rule"]) == (422, "the video is empty; send its bytes")
    assert client.post(where, files={"file": ("a.mp4", b"")}).status_code == 422
    parts = (b"x" * 10_000 for _ in range(200_000))
    for more in ({"content": b"x" * 300_000, "headers": RAW}, {"content": parts, "headers": RAW}):
        assert client.post(where, **more).status_code == 413
    assert client.post(where, files={"file": ("a.mp4", b"x" * 300_000)}).status_code == 413
    assert client.post(where, content=b"{" * 300_000, headers=JSON).status_code == 413
    assert spooled(settings) == []


def test_a_gigabyte_that_is_announced_is_refused_before_it_comes(serve, settings):
    client = serve(settings.model_copy(update={"max_upload_bytes": 1_000_000}))
    client.put("/v1/videos/v1", json={"title": "x"})
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as raw:
        head = (
            "POST /v1/tag-jobs?video_id=v1 HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\nContent-Length: 1073741824"
        )
        raw.sendall(f"{head}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    assert spooled(settings) == []


def test_an_upload_that_breaks_off_leaves_nothing(client, put, settings, until):
    put("v1")
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=10) as raw:
        head = "POST /v1/tag-jobs?video_id=v1 HTTP/1.1\r\nHost: x\r\nContent-Type: video/mp4\r\nContent-Length: 9000000"
        raw.sendall(f"{head}\r\n\r\n".encode() + b"x" * 3_000_000)
        until(lambda: spooled(settings))
    until(lambda: not spooled(settings))


def test_damaged_forms_are_refused_and_leave_nothing(client, put, settings):
    put("v1")
    form = {"content-type": "multipart/form-data; boundary=b"}
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nvideo\r\n'
    field = b'--b\r\nContent-Disposition: form-data; name="video_id"\r\n\r\nv1\r\n'
    for body, status in (
        (file + field, 400),
        (b"nonsense", 400),
        (field + b"--b--\r\n", 422),
        (file + b"--b--\r\n", 422),
        (file + file + field + b"--b--\r\n", 422),
        (file + field + field + b"--b--\r\n", 422),
        (file + field.replace(b"v1", b"\xff") + b"--b--\r\n", 400),
        (file + field.replace(b"v1", b"x" * 100_000) + b"--b--\r\n", 422),
        (file + field.replace(b"v1", b"unknown") + b"--b--\r\n", 404),
        (file + field.replace(b"video_id", b"nose") + field + b"--b--\r\n", 422),
    ):
        answer = client.post("/v1/tag-jobs", content=body, headers=form)
        assert answer.status_code == status, (body[:80], answer.text)
        assert answer.json()["detail"]
    assert client.post("/v1/tag-jobs", content=file, headers={"content-type": "multipart/form-data"}).status_code == 400
    assert client.post("/v1/tag-jobs", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    assert spooled(settings) == []


def test_paths_lead_nowhere_but_into_the_allowed_folders(client, put, settings, clip, tmp_path):
    put("v1")
    root = settings.media_roots[0]
    (tmp_path / "secret.mp4").write_bytes(clip)
    (root / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (root / "empty.mp4").write_bytes(b"")
    for path in (
        "/etc/passwd", f"{root}/../secret.mp4", f"{root}/link.mp4", "a.mp4", "../a.mp4", str(root), f"{root}/none.mp4",
        f"{root}/empty.mp4", "/dev/zero", "/proc/self/environ", f"{root}/{'x' * 300}.mp4",
    ):  # fmt: skip
        answer = client.post("/v1/tag-jobs", json={"video_id": "v1", "path": path})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "path"), (path, answer.text)


def test_a_file_that_was_exchanged_for_a_link_since_is_not_read(client, put, work, settings, clip, tmp_path):
    put("v1")
    (tmp_path / "secret.mp4").write_bytes(clip)
    place = settings.media_roots[0] / "a.mp4"
    place.write_bytes(clip)
    job = client.post("/v1/tag-jobs", json={"video_id": "v1", "path": str(place)}).json()
    place.unlink()
    place.symlink_to(tmp_path / "secret.mp4")
    work()
    assert "leads elsewhere" in client.get(f"/v1/tag-jobs/{job['job_id']}").json()["error"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/v", "http://localhost/v", "http://10.0.0.1/", "http://[::1]/", "http://2130706433/",
        "http://0x7f.1/", f"http://{ELSEWHERE}/latest", "http://[::ffff:10.0.0.1]/", "ftp://a.example/v", "file:///etc/passwd",
        "http://a:b@c.example/", "gopher://x", "http://", "//a.example/v", "http://a.example:0x50/",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_asked_is_refused_at_once(serve, settings, url):
    client = serve(settings.model_copy(update={"allow_private": False}))
    client.put("/v1/videos/v1", json={"title": "x"})
    answer = client.post("/v1/tag-jobs", json={"video_id": "v1", "url": url})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url"), answer.text
    assert client.put("/v1/callback", json={"url": url}).status_code == 422


def test_a_name_of_a_private_host_is_refused_when_it_is_looked_up(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("1.1.1.1", "10.0.0.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(DataError, match="private network"):
        reachable(address("http://innocent.example/"))
    assert reachable(address("http://innocent.example/"), allow_private=True) == "1.1.1.1"


def test_a_redirect_to_a_private_host_is_not_followed(receiver, tmp_path, monkeypatch):
    receiver.files["/v"] = (302, {"Location": f"http://{ELSEWHERE}/latest"}, b"")
    port = int(receiver.url.rpartition(":")[2])
    looked_up = {"public.example": "127.0.0.1"}
    monkeypatch.setattr("pipelines.outbound.reachable", lambda where, _: looked_up[where.host])
    with pytest.raises(DataError, match=f"{ELSEWHERE} is a host of a private network"):
        download(f"http://public.example:{port}/v", tmp_path / "v", 1000, 5)
    assert not (tmp_path / "v").exists()


def test_a_download_has_a_size_a_time_and_an_end(receiver, tmp_path):
    place = tmp_path / "v"
    receiver.files["/big"] = (200, {}, b"x" * 2000)
    receiver.files["/liar"] = (200, {"Content-Length": "5000"}, b"x" * 2000)
    receiver.files["/loop"] = (302, {"Location": "/loop"}, b"")
    receiver.files["/busy"] = (503, {}, b"")
    for path, error, says in (
        ("/big", DataError, "1,000 bytes"), ("/liar", DataError, "1,000 bytes"), ("/loop", DataError, "redirects more"),
        ("/gone", DataError, "answered 404"), ("/busy", UnreachableError, "answered 503"),
    ):  # fmt: skip
        with pytest.raises(error, match=says):
            download(f"{receiver.url}{path}", place, 1000, 5, allow_private=True)
        assert not place.exists()
    with pytest.raises(UnreachableError, match="cannot be reached"):
        download("http://127.0.0.1:9/x", place, 1000, 5, allow_private=True)


def test_a_server_that_drips_is_cut_off(tmp_path):
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.02):
                    try:
                        connection.sendall(b"X: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(UnreachableError):
            download(f"http://127.0.0.1:{server.getsockname()[1]}/", tmp_path / "v", 1000, 0.3, allow_private=True)
        over.set()
        thread.join()


def test_bombs_in_a_payload_are_refused(client, put):
    put("v1")
    deep = b'{"annotationResults":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><lolz>&b;</lolz>'
    wide = b"[" + b"0," * 3_000_000 + b"0]"
    digits = b'{"annotationResults": ' + b"9" * 100_000 + b"}"
    for body in (deep, laughs, wide, digits, b"\xff\xfe", b"", b"{}", b'{"a":1,"a":2}', b'"text"'):
        answer = client.post("/v1/imports/google?video_id=v1", content=body, headers=JSON)
        assert answer.status_code in (400, 422), (body[:30], answer.status_code, answer.text[:200])
        assert answer.json()["detail"]
    as_job = b'{"video_id": "v1", "vendor": "google", "payload": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    answer = client.post("/v1/tag-jobs", content=as_job, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert client.post("/v1/imports/nobody", content=b"{}", headers=JSON).status_code == 404
    many = [{"EventType": "AIVideoTagComplete", "JobId": f"j{n}", "MediaId": f"m{n}", "Data": "{}"} for n in range(101)]
    assert client.post("/v1/imports/alibaba-vod", json=many).status_code == 422


def test_web_pages_of_others_cannot_send_what_browsers_send_unasked(client, put, settings):
    put("v1")
    for headers in (
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = client.post("/v1/tag-jobs", data={"video_id": "v1"}, files={"file": ("a", b"x")}, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:tagreel:problem:not-from-pages")
    assert (
        client.post("/v1/tag-jobs?video_id=v1", content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    )
    plain = {"content-type": "text/plain"}
    assert client.post("/v1/imports/google?video_id=v1", content=b"{}", headers=plain).status_code == 415
    assert spooled(settings) == []


def test_a_tenant_names_files_of_its_own_folder_alone(client, minted, settings, clip):
    _, theirs = minted("write", "acme")
    _, ours = minted("write")
    root = settings.media_roots[0]
    (root / "acme").mkdir()
    for place in (root / "ours.mp4", root / "acme" / "theirs.mp4"):
        place.write_bytes(clip)
    for secret, name, status in ((theirs, "ours.mp4", 422), (theirs, "acme/theirs.mp4", 200), (ours, "ours.mp4", 200)):
        headers = {"X-API-Key": secret}
        client.put("/v1/videos/v1", json={"title": "x"}, headers=headers)
        answer = client.post("/v1/tag-jobs", json={"video_id": "v1", "path": f"{root}/{name}"}, headers=headers)
        assert answer.status_code == status, (name, answer.text)


def test_bad_fields_of_a_job_are_named(client, put):
    put("v1")
    good = {"video_id": "v1", "url": "http://a.example/v"}
    for change, field in (
        ({"path": "/x"}, ""), ({"url": None}, ""), ({"vendor": "google"}, ""), ({"priority": 101}, "priority"),
        ({"analysers": ["a b"]}, "analysers[0]"), ({"nose": 1}, "nose"), ({"video_id": ""}, "video_id"),
        ({"url": None, "vendor": "nobody", "payload": {}}, "vendor"),
    ):  # fmt: skip
        answer = client.post("/v1/tag-jobs", content=json.dumps(good | change), headers=JSON)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), (change, answer.text)
    assert client.post("/v1/tag-jobs", json=good | {"video_id": "unknown"}).status_code == 404
    assert client.get("/v1/tag-jobs/unknown").status_code == 404
    assert client.delete("/v1/tag-jobs/unknown").status_code == 404
    assert client.get("/v1/videos/unknown/tag-result").status_code == 404
