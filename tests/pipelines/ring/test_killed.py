"""Killed at any moment, training and publishing leave a whole state, and the next run completes it."""

import multiprocessing
import random
import time

import pytest

from pipelines.publish import publish
from pipelines.train import LATEST, train
from pipelines.workspace import content_hash
from recsys.bundle import open_bundle
from recsys.shelf import Shelf

pytestmark = pytest.mark.slow


CONTEXT = multiprocessing.get_context("forkserver")
"""Processes whose imports are done already."""


@pytest.fixture(scope="module", autouse=True)
def _server():
    CONTEXT.set_forkserver_preload(["pipelines.train", "pipelines.publish", "pipelines.config"])


class Run:
    """A step in a process of its own, which tells its progress."""

    def __init__(self, step, *arguments):
        self.told = CONTEXT.Queue()
        code = "step(*arguments, lambda what, done: told.put(what))"
        names = {"step": step, "arguments": arguments, "told": self.told}
        self.process = CONTEXT.Process(target=exec, args=(code, names))
        self.process.start()

    def wait_until(self, what):
        while self.told.get(timeout=60) != what:
            pass

    def seconds_to_the_end(self):
        begun = time.monotonic()
        self.process.join()
        assert self.process.exitcode == 0
        return time.monotonic() - begun

    def kill(self):
        """Whether it had not ended by itself."""
        self.process.kill()
        self.process.join()
        return self.process.exitcode != 0


def killed_after(seconds, run, what=None):
    if what is not None:
        run.wait_until(what)
    time.sleep(seconds)
    return run.kill()


def left_behind(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith((".tmp-", ".before-"))]


def test_killed_in_training_the_candidate_is_the_old_or_the_new_one_and_whole(config, other_recipe):
    candidate = config.folders.candidates / LATEST
    changed = other_recipe(config)
    old = open_bundle(candidate).version
    Run(train, changed).seconds_to_the_end()  # the first also starts the server
    took = Run(train, changed).seconds_to_the_end()
    new, bytes_of_new = open_bundle(candidate).version, content_hash(candidate)
    slow = Run(train, config)
    slow.wait_until("writing the candidate")
    writing = slow.seconds_to_the_end()
    assert open_bundle(candidate).version == old != new
    rng, found, killed = random.Random(0), set(), 0
    for number in range(9):
        if number % 3 == 0:
            killed += killed_after(rng.uniform(0.1, 1.0) * took, Run(train, changed))
        else:
            killed += killed_after(rng.uniform(0.0, 1.0) * writing, Run(train, changed), "writing the candidate")
        found.add(open_bundle(candidate).version)
    assert found <= {old, new}
    assert killed
    with config.folders.locked():
        assert train(changed).version == new
    assert content_hash(candidate) == bytes_of_new
    assert left_behind(config.folders.candidates) == []


def test_killed_in_publishing_the_live_bundle_is_the_old_or_the_new_one_and_whole(config, other_recipe):
    shelf = Shelf(config.folders.bundles)
    old = publish(config).version
    changed = other_recipe(config)
    new = train(changed).version
    Run(publish, changed, True).seconds_to_the_end()
    bytes_of_new = content_hash(shelf.folder(new))

    def unpublish():
        if shelf.live() == new:
            shelf.roll_back()
            shelf.folder(new).unlink()

    unpublish()
    slow = Run(publish, changed, True)
    slow.wait_until("moving it onto the shelf")
    moving = slow.seconds_to_the_end()
    rng, found, killed = random.Random(0), set(), 0
    for _ in range(12):
        unpublish()
        killed += killed_after(rng.uniform(0, 1) * moving, Run(publish, changed, True), "moving it onto the shelf")
        live = shelf.live()
        assert open_bundle(shelf.folder(live)).version == live
        found.add(live)
    assert found <= {old, new}
    assert killed
    with config.folders.locked():
        assert publish(changed, force=True).version == new
    assert shelf.live() == new
    assert content_hash(shelf.folder(new)) == bytes_of_new
    assert left_behind(shelf.root) == []
