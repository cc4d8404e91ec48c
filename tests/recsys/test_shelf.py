import json
import multiprocessing
import threading
from itertools import pairwise

import pytest

from recsys.errors import BundleError
from recsys.shelf import POINTER, Shelf

A, B, C = ("a" * 16, "b" * 16, "0123456789abcdef")


@pytest.fixture
def shelf(tmp_path):
    for version in (A, B, C):
        (tmp_path / version).mkdir()
    return Shelf(tmp_path)


def test_before_the_first_bundle_nothing_is_live(shelf):
    assert shelf.live() is None
    assert shelf.history() == []


def test_the_last_one_pointed_to_is_live_and_the_others_are_remembered(shelf):
    for version in (A, B, A):
        shelf.point_to(version)
    assert shelf.live() == A
    assert shelf.history() == [A, B, A]
    assert json.loads((shelf.root / POINTER).read_text())["live"] == A
    assert shelf.folder(A) == shelf.root / A


def test_pointing_to_the_live_one_changes_nothing(shelf):
    shelf.point_to(A)
    before = (shelf.root / POINTER).stat()
    shelf.point_to(A)
    assert (shelf.root / POINTER).stat() == before


def test_rolling_back_goes_one_step_and_again_one_more(shelf):
    for version in (A, B, C):
        shelf.point_to(version)
    assert shelf.roll_back() == B == shelf.live()
    assert shelf.roll_back() == A == shelf.live()
    with pytest.raises(BundleError, match="nothing to roll back to: 1 bundle published"):
        shelf.roll_back()
    assert shelf.live() == A


def test_an_empty_or_missing_shelf_has_nothing_to_roll_back_to(shelf):
    with pytest.raises(BundleError, match="nothing to roll back to: 0 bundle"):
        shelf.roll_back()
    with pytest.raises(BundleError, match="nothing to roll back to"):
        Shelf(shelf.root / "nowhere").roll_back()


def test_what_is_not_on_the_shelf_cannot_be_live(shelf):
    shelf.point_to(A)
    with pytest.raises(BundleError, match="no bundle cccc"):
        shelf.point_to("c" * 16)
    assert shelf.live() == A


def test_a_bundle_that_is_gone_is_not_rolled_back_to(shelf):
    shelf.point_to(A)
    shelf.point_to(B)
    (shelf.root / A).rmdir()
    with pytest.raises(BundleError, match=f"bundle {A} is gone"):
        shelf.roll_back()
    assert shelf.live() == B


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "3", "{}", '{"history": null}', '{"history": 5}', '{"history": "aaaaaaaaaaaaaaaa"}',
     '{"history": {}}', '{"history": [null]}', '{"history": ["../../etc"]}', '{"history": ["AAAAAAAAAAAAAAAA"]}',
     "\udcff"],
)  # fmt: skip
def test_a_damaged_pointer_is_named_whatever_is_asked(shelf, content):
    (shelf.root / POINTER).write_bytes(content.encode(errors="surrogateescape"))
    for ask in (shelf.live, shelf.history, shelf.roll_back, lambda: shelf.point_to(A)):
        with pytest.raises(BundleError, match=r"LIVE\.json"):
            ask()


def test_two_processes_that_point_at_once_lose_no_step_and_a_reader_never_sees_half(shelf):
    shelf.point_to(C)
    stop, wrong, seen = threading.Event(), [], set()

    def read():
        while not stop.is_set():
            try:
                seen.add(shelf.live())
            except BundleError as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    context = multiprocessing.get_context("spawn")
    code = "for _ in range(60): shelf.point_to(version)"
    both = [context.Process(target=exec, args=(code, {"shelf": shelf, "version": one})) for one in (A, B)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    stop.set()
    reader.join()
    assert [one.exitcode for one in both] == [0, 0]
    assert wrong == []
    assert seen <= {A, B, C}
    history = shelf.history()
    assert history[0] == C
    assert all(one != other for one, other in pairwise(history))


def test_threads_that_point_and_roll_back_at_once_keep_the_history_whole(shelf):
    shelf.point_to(C)
    failed = []

    def work(version):
        try:
            for _ in range(30):
                shelf.point_to(version)
                shelf.roll_back()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in (A, B)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all("nothing to roll back to" in str(one) for one in failed)
    assert set(shelf.history()) <= {A, B, C}


def test_a_write_that_dies_half_way_leaves_the_pointer_as_it_was(shelf, monkeypatch):
    shelf.point_to(A)

    def die(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("recsys.shelf.os.fsync", die)
    with pytest.raises(KeyboardInterrupt):
        shelf.point_to(B)
    monkeypatch.undo()
    assert shelf.live() == A
    shelf.point_to(B)
    assert shelf.history() == [A, B]
