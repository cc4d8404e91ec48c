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


@pytest.fixture(scope="module")
def process():
    """Start a step in a process of its own, whose imports are done already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.train", "pipelines.publish", "pipelines.config"])

    def start(step, *arguments):
        one = context.Process(target=step, args=arguments)
        one.start()
        return one

    return start


def undisturbed(process, step, *arguments):
    """How long the step takes."""
    process(step, *arguments).join()  # the first also starts the server
    begun = time.monotonic()
    one = process(step, *arguments)
    one.join()
    assert one.exitcode == 0
    return time.monotonic() - begun


def left_behind(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith((".tmp-", ".before-"))]


def test_killed_in_training_the_candidate_is_the_old_or_the_new_one_and_whole(config, other_recipe, process):
    candidate = config.folders.candidates / LATEST
    changed = other_recipe(config)
    old = open_bundle(candidate).version
    took = undisturbed(process, train, changed)
    new, bytes_of_new = open_bundle(candidate).version, content_hash(candidate)
    assert train(config).version == old != new
    rng, found, killed = random.Random(0), set(), 0
    for _ in range(8):
        one = process(train, changed)
        time.sleep(rng.uniform(0.5, 1.02) * took)  # most of the first half is the process's start
        one.kill()
        one.join()
        killed += one.exitcode != 0
        found.add(open_bundle(candidate).version)
    assert found <= {old, new}
    assert killed
    with config.folders.locked():
        assert train(changed).version == new
    assert content_hash(candidate) == bytes_of_new
    assert left_behind(config.folders.candidates) == []


def test_killed_in_publishing_the_live_bundle_is_the_old_or_the_new_one_and_whole(config, other_recipe, process):
    shelf = Shelf(config.folders.bundles)
    old = publish(config).version
    changed = other_recipe(config)
    new = train(changed).version
    took = undisturbed(process, publish, changed, True)
    assert shelf.live() == new
    undisturbed_bytes = content_hash(shelf.folder(new))
    rng, found, killed = random.Random(0), set(), 0
    for _ in range(15):
        if shelf.live() == new:
            shelf.roll_back()
            shelf.folder(new).unlink()
        one = process(publish, changed, True)
        time.sleep(rng.uniform(0.1, 1.05) * took)
        one.kill()
        one.join()
        killed += one.exitcode != 0
        live = shelf.live()
        assert open_bundle(shelf.folder(live)).version == live
        found.add(live)
    assert found <= {old, new}
    assert killed
    with config.folders.locked():
        assert publish(changed, force=True).version == new
    assert shelf.live() == new
    assert content_hash(shelf.folder(new)) == undisturbed_bytes
    assert left_behind(shelf.root) == []
