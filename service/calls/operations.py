"""Every operation of the API that is one call. Written by `docs/client.py`; change that, or the service."""

from service.calls import experiments, health, insight, keys, recommendations, tags, videos, viewers
from service.calls.operation import Operation


class Operations:
    """Methods of both clients."""

    begin_experiment = Operation(experiments.begin_experiment)
    read_experiment = Operation(experiments.read_experiment)
    end_one_experiment = Operation(experiments.end_one_experiment)
    every_experiment = Operation(experiments.every_experiment)
    report_experiment = Operation(experiments.report_experiment)
    healthz = Operation(health.healthz)
    readyz = Operation(health.readyz)
    metrics = Operation(health.metrics)
    why_shown = Operation(insight.why_shown)
    tags_for_viewer = Operation(insight.tags_for_viewer)
    tags_to_ask_for = Operation(insight.tags_to_ask_for)
    audience_of_video = Operation(insight.audience_of_video)
    audience_of_description = Operation(insight.audience_of_description)
    create_key = Operation(keys.create_key)
    read_keys = Operation(keys.read_keys)
    remove_key = Operation(keys.remove_key)
    recommend = Operation(recommendations.recommend)
    recommend_to_viewer = Operation(recommendations.recommend_to_viewer)
    similar_videos = Operation(recommendations.similar_videos)
    rows_of_viewer = Operation(recommendations.rows_of_viewer)
    continue_watching = Operation(recommendations.continue_watching)
    trending = Operation(recommendations.trending)
    look_for_tags = Operation(tags.look_for_tags)
    read_tag = Operation(tags.read_tag)
    store_tag = Operation(tags.store_tag)
    ban_one_tag = Operation(tags.ban_one_tag)
    merge_one_tag = Operation(tags.merge_one_tag)
    read_video_tags = Operation(videos.read_video_tags)
    replace_video_tags = Operation(videos.replace_video_tags)
    store_video = Operation(videos.store_video)
    change_video = Operation(videos.change_video)
    read_video = Operation(videos.read_video)
    remove_video = Operation(videos.remove_video)
    read_profile = Operation(viewers.read_profile)
    change_profile = Operation(viewers.change_profile)
    make_viewer_token = Operation(viewers.make_viewer_token)
    store_viewer = Operation(viewers.store_viewer)
    read_viewer = Operation(viewers.read_viewer)
    forget_viewer = Operation(viewers.forget_viewer)
