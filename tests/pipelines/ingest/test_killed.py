import random
import signal
import subprocess
import sys
import time

import pytest

from pipelines.workspace import content_hash

RUN = "from pipelines.cli.main import main; main()"
HEAD = "event_id,viewer_id,video_id,event_type,occurred_at\n"


def source(folder, n):
    rows = (f"e{i % (n - n // 10)},u{i % 97},v{i % 31},play,2026-01-{i % 28 + 1:02}\n" for i in range(n))
    (folder / "events.csv").write_text(HEAD + "".join(rows))
    (folder / "tagreel.toml").write_text('[source.events]\npath = "events.csv"\n')


def start(folder, *more):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "ingest", *more], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.slow
def test_killed_at_any_moment_the_state_is_whole_and_the_next_run_completes_it(tmp_path):
    tables = tmp_path / "var" / "tables"
    source(tmp_path, 1000)
    assert start(tmp_path).wait(60) == 0
    old = content_hash(tables)
    source(tmp_path, 60_000)
    begun = time.monotonic()
    assert start(tmp_path, "--set", "workspace=undisturbed").wait(60) == 0
    took = time.monotonic() - begun
    new = content_hash(tmp_path / "undisturbed" / "tables")
    rng = random.Random(0)
    states = set()
    for _ in range(5):
        process = start(tmp_path)
        time.sleep(rng.uniform(0.4, 1.05) * took)
        process.send_signal(signal.SIGKILL)
        process.wait()
        states.add(content_hash(tables))
    assert states <= {old, new}
    assert old != new
    assert start(tmp_path).wait(60) == 0
    assert content_hash(tables) == new
    hidden = [path.name for path in (tmp_path / "var").iterdir() if path.name.startswith((".tmp-", ".whole-"))]
    assert len(hidden) == 1
