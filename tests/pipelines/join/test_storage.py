import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from pipelines.join.config import JoinConfig
from pipelines.join.run import join_tables
from pipelines.join.storage import MANIFEST, read_joined, write_joined
from pipelines.workspace import content_hash
from recsys.errors import DataError
from recsys.tables import Tables

DIES_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
import numpy as np
from pipelines.join.run import join_tables
from pipelines.join.storage import write_joined

saved, left = np.save, int(sys.argv[3])

def save(*args, **options):
    global left
    saved(*args, **options)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

np.save = save
write_joined(join_tables(Path(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.fixture
def joined(random_tables, folder):
    joined = join_tables(folder(random_tables(7)))
    return joined.attach({"mood": np.ones(len(joined.data.events))}, joined.data.events.time - 1)


def test_what_is_written_is_read_back(joined, tmp_path):
    write_joined(joined, tmp_path / "joined")
    again = read_joined(tmp_path / "joined")
    assert again.data.as_of == joined.data.as_of
    assert again.vectorizer.config == joined.vectorizer.config
    for name in ("viewer", "video", "weight", "time"):
        np.testing.assert_array_equal(getattr(again.data.events, name), getattr(joined.data.events, name))
    for name, values in {**vars(joined.as_of), **joined.attached}.items():
        np.testing.assert_array_equal({**vars(again.as_of), **again.attached}[name], values)
    np.testing.assert_array_equal(again.profiles.toarray(), joined.profiles.toarray())
    np.testing.assert_array_equal(again.data.tags.toarray(), joined.data.tags.toarray())


def test_the_same_tables_give_the_same_bytes_whatever_the_threads(random_tables, folder, tmp_path):
    tables = folder(random_tables(3))
    for name, threads in (("one", 1), ("two", 2)):
        write_joined(join_tables(tables, JoinConfig(threads=threads)), tmp_path / name)
    assert content_hash(tmp_path / "one") == content_hash(tmp_path / "two")


@pytest.mark.parametrize("after", [1, 12])
def test_a_killed_writer_leaves_the_old_set_whole(after, joined, random_tables, folder, tmp_path):
    target = tmp_path / "joined"
    write_joined(joined, target)
    before = content_hash(target)
    other = folder(random_tables(11))
    command = [sys.executable, "-c", DIES_WHILE_WRITING, str(other), str(target), str(after)]
    ended = subprocess.run(command, cwd=os.getcwd(), check=False)
    assert ended.returncode == -signal.SIGKILL
    assert content_hash(target) == before
    write_joined(join_tables(other), target)
    assert content_hash(target) != before


def test_reading_names_what_is_missing_or_damaged(joined, tmp_path):
    with pytest.raises(DataError, match="holds no joined tables; run `tagreel train`"):
        read_joined(tmp_path / "nothing")
    target = tmp_path / "joined"
    write_joined(joined, target)
    (target / "profiles.data.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match=r"profiles\.data\.npy cannot be read"):
        read_joined(target)
    manifest = json.loads((target / MANIFEST).read_text())
    (target / MANIFEST).write_text(json.dumps({**manifest, "schema": 99}))
    with pytest.raises(DataError, match="has schema 99; this version reads 1: join again"):
        read_joined(target)


def test_a_set_without_events_is_written_and_read(folder, tmp_path):
    write_joined(join_tables(folder(Tables())), tmp_path / "joined")
    assert len(read_joined(tmp_path / "joined").data.events) == 0
