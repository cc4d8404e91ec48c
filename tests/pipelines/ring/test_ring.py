"""From tables to a live bundle, and round again."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.evaluate import evaluate
from pipelines.ingest.run import ingest
from pipelines.join.run import join
from pipelines.join.storage import read_joined
from pipelines.publish import publish
from pipelines.train import LATEST, train
from pipelines.workspace import content_hash
from recsys.bundle import open_bundle
from recsys.ranking.catalogue import Catalogue, Tagging, VideoChange
from recsys.ranking.recommender import Query, recommend
from recsys.ranking.viewer import PastEvents, Viewer
from recsys.schema import NEVER
from recsys.shelf import Shelf
from recsys.timeline import to_ms


def test_what_is_published_recommends_from_a_history_and_from_a_tag(config):
    version = publish(config).version
    bundle = open_bundle(Shelf(config.folders.bundles).folder(version))
    contents, catalogue = bundle.contents, Catalogue.of(bundle.contents)
    events = pd.read_parquet(config.folders.tables / "events.parquet")
    mine = events[events["viewer_id"] == events["viewer_id"].mode()[0]]
    past = PastEvents(list(mine["video_id"]), np.ones(len(mine), np.float32), to_ms(mine["occurred_at"]))
    tag = contents.vectorizer.ids[3]
    put = catalogue.with_changes([VideoChange("new", (Tagging(tag, "editor", 1.0),))], bundle.as_of)
    query = Query(now=bundle.as_of, n=10)
    for viewer in (Viewer(past), Viewer(tags={tag: 3.0}), Viewer()):
        answer = recommend(contents, put, viewer, query)
        assert len(answer.videos) == 10
        assert not {one.video_id for one in answer.videos} & set(viewer.events.video_ids)
    everything = Query(now=bundle.as_of, n=len(put))
    assert "new" in [one.video_id for one in recommend(contents, put, Viewer(tags={tag: 3.0}), everything).videos]


def test_the_bundle_knows_what_the_joined_set_held(config):
    data = read_joined(config.folders.joined).data
    bundle = open_bundle(config.folders.candidates / LATEST)
    assert bundle.as_of == data.as_of
    assert len(bundle.contents.ids) == len(data.events.videos)
    np.testing.assert_array_equal(bundle.contents.videos.tags.toarray(), data.tags.toarray())
    np.testing.assert_array_equal(bundle.contents.published, data.published)
    np.testing.assert_array_equal(bundle.contents.video_events, data.events.video_events())
    told = bundle.manifest["data"]
    assert (told["n_events"], told["n_viewers"], told["n_videos"]) == (
        len(data.events), len(data.events.viewers), len(data.events.videos),
    )  # fmt: skip
    assert told["tables_hash"] == content_hash(config.folders.tables, "*.parquet")


def test_a_whole_second_run_in_another_folder_gives_the_same_bundle_byte_for_byte(config, tmp_path):
    again = replace(config, workspace=tmp_path / "elsewhere")
    for step in (ingest, join, train):
        step(again)
    assert content_hash(again.folders.candidates / LATEST) == content_hash(config.folders.candidates / LATEST)


def test_training_again_changes_no_byte_and_another_recipe_another_version(config, other_recipe):
    before = content_hash(config.folders.candidates / LATEST)
    version = open_bundle(config.folders.candidates / LATEST).version
    assert train(config).version == version
    assert content_hash(config.folders.candidates / LATEST) == before
    assert train(other_recipe(config)).version != version


def test_what_changes_no_result_changes_no_version(config):
    version = open_bundle(config.folders.candidates / LATEST).version
    quick = replace(config, join=replace(config.join, threads=1, memory="900MB"))
    join(quick)
    assert train(quick).version == version


def test_new_events_make_a_new_version_that_replaces_the_candidate(config, tmp_path):
    version = open_bundle(config.folders.candidates / LATEST).version
    later = replace(config, join=replace(config.join, cutoff="2025-01-15"))
    join(later)
    assert train(later).version != version
    bundle = open_bundle(config.folders.candidates / LATEST)
    assert bundle.as_of == int(pd.Timestamp("2025-01-15", tz="UTC").timestamp() * 1000)
    assert len(list(config.folders.candidates.glob("[!.]*"))) == 1


def test_when_videos_may_be_shown_is_taken_from_their_table(config):
    path = config.folders.tables / "videos.parquet"
    videos = pd.read_parquet(path)
    moments = pd.to_datetime(["2025-01-03", None], utc=True).astype("datetime64[ms, UTC]")
    videos.loc[[0, 1], "available_from"] = moments
    videos.loc[[0, 1], "available_until"] = moments[::-1]
    videos.to_parquet(path)
    train(config)
    contents = open_bundle(config.folders.candidates / LATEST).contents
    first, second = contents.ids.rows(list(videos["video_id"][:2]))
    third = int(pd.Timestamp("2025-01-03", tz="UTC").timestamp() * 1000)
    assert contents.available_from[[first, second]].tolist() == [third, NEVER]
    assert contents.available_until[[first, second]].tolist() == [NEVER, third]
    others = np.delete(contents.available_from, [first, second])
    assert (others == NEVER).all()


def test_the_second_ring_meets_the_first_ones_bundle(config, other_recipe):
    first = publish(config).version
    changed = other_recipe(config)
    train(changed)
    summary = evaluate(changed)
    assert any("live recipe" in one["name"] for one in summary.checks)
    second = publish(changed, force=True).version
    shelf = Shelf(config.folders.bundles)
    assert shelf.history() == [first, second]
    manifest = json.loads((shelf.folder(second) / "manifest.json").read_text())
    assert manifest["publication"]["checks"] == summary.checks
