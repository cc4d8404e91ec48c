import os
import subprocess
import sys

import pytest

from pipelines.workspace import BusyError, Workspace, content_hash, replacing
from recsys.errors import DataError

HOLD = "import sys\nfrom pathlib import Path\nfrom pipelines.workspace import Workspace\n" \
       "with Workspace(Path(sys.argv[1])).locked():\n    print('held', flush=True)\n    sys.stdin.read()\n"  # fmt: skip

DIE = """
import os, signal, sys
from pathlib import Path
import pipelines.workspace as workspace

root, moment, seen = Path(sys.argv[1]), int(sys.argv[2]), 0

def trace(frame, event, _):
    global seen
    if frame.f_code.co_filename == workspace.__file__:
        seen += event == "line"
        if seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

sys.settrace(trace)
with workspace.Workspace(root).locked(), workspace.replacing(root / "tables") as folder:
    (folder / "x.txt").write_text("new")
"""


def write(target, text):
    with replacing(target) as folder:
        (folder / "a").mkdir()
        (folder / "a" / "x.txt").write_text(text)


def hidden(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith((".tmp-", ".whole-", ".before-")))


def test_a_folder_is_made_and_replaced(tmp_path):
    target = tmp_path / "tables"
    write(target, "one")
    assert (target / "a" / "x.txt").read_text() == "one"
    write(target, "two")
    assert (target / "a" / "x.txt").read_text() == "two"
    assert len(hidden(tmp_path)) == 1


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path):
    target = tmp_path / "tables"
    write(target, "one")
    before = hidden(tmp_path)

    def fail():
        with replacing(target) as folder:
            (folder / "x").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (target / "a" / "x.txt").read_text() == "one"
    assert hidden(tmp_path) == before


def test_a_plain_folder_is_replaced_too(tmp_path):
    target = tmp_path / "tables"
    target.mkdir()
    (target / "old").write_text("by hand")
    write(target, "new")
    assert [path.name for path in target.iterdir()] == ["a"]
    assert len(hidden(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("linked", [True, False])
def test_killed_at_any_line_the_folder_is_whole_once_the_lock_is_taken(tmp_path, linked):
    for moment in range(1, 400, 2 if linked else 3):
        root = tmp_path / str(moment)
        if linked:
            with replacing(root / "tables") as folder:
                (folder / "x.txt").write_text("old")
        else:
            (root / "tables").mkdir(parents=True)
            (root / "tables" / "x.txt").write_text("old")
        died = subprocess.run([sys.executable, "-c", DIE, str(root), str(moment)], check=False).returncode != 0
        if linked:  # whole even before anybody cleans up
            assert (root / "tables" / "x.txt").read_text() in ("old", "new")
        with Workspace(root).locked():
            assert (root / "tables" / "x.txt").read_text() == "new" or died
            assert len(hidden(root)) <= 1
        if not died:
            return
    pytest.fail("the run never came to its end")


def test_a_plain_folder_moved_away_by_a_killed_run_comes_back(tmp_path):
    (tmp_path / ".before-tables").mkdir()
    (tmp_path / ".before-tables" / "old").write_text("by hand")
    with Workspace(tmp_path).locked():
        pass
    assert (tmp_path / "tables" / "old").read_text() == "by hand"


def test_leftovers_go_when_the_lock_is_taken_and_live_folders_stay(tmp_path):
    workspace = Workspace(tmp_path)
    write(workspace.tables, "live")
    write(workspace.candidates / "c1", "candidate")
    for folder in (tmp_path, workspace.candidates):
        (folder / ".tmp-99-tables").mkdir()
        (folder / ".tmp-99-tables" / "half").write_text("x")
        (folder / ".whole-tables-99-1").mkdir()
        (folder / ".tmp-99-link-tables").symlink_to(".whole-tables-99-1")
    with workspace.locked():
        assert len(hidden(tmp_path)) == 1
        assert len(hidden(workspace.candidates)) == 1
        assert (workspace.tables / "a" / "x.txt").read_text() == "live"
        assert (workspace.candidates / "c1" / "a" / "x.txt").read_text() == "candidate"


def test_a_second_run_is_told_who_holds_the_workspace(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"in use by process {holder.pid}; wait"), Workspace(tmp_path).locked():
            pass
        holder.kill()
    with Workspace(tmp_path).locked():
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_the_hash_depends_on_names_and_bytes_alone(tmp_path):
    for name, text in (("one", "x"), ("two", "x"), ("three", "y")):
        write(tmp_path / name, text)
    assert content_hash(tmp_path / "one") == content_hash(tmp_path / "two") != content_hash(tmp_path / "three")
    assert content_hash(tmp_path / "one", "*.csv") != content_hash(tmp_path / "one")
    with pytest.raises(DataError, match="is not a folder"):
        content_hash(tmp_path / "none")
