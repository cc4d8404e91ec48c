"""What each vendor does that the samples do not show: the traps of its form."""

import json

import pytest

from recsys.errors import ConfigError, DataError
from recsys.tags.importers.vendors import reader, results


def read(vendor, payload):
    return results(vendor, json.dumps(payload).encode())


def only(vendor, payload):
    (found,) = read(vendor, payload)
    return found


def labels(result):
    return [(one.dimension, one.label) for one in result.tags]


# Alibaba Cloud VOD


@pytest.mark.parametrize("times", [["3260", "8410"], ['["3260","8410"]'], '["3260", "8410"]', [3260, 8410.0]])
def test_vod_moments_are_read_in_every_spelling(times):
    found = only("alibaba-vod", {"Keyword": [{"Tag": "气垫", "Times": times}]})
    assert [(one.start_ms, one.end_ms, one.is_point) for one in found.tags[0].occurrences] == [
        (3260, 5260, True),
        (8410, 10410, True),
    ]


@pytest.mark.parametrize(
    "times, says",
    [
        (["later"], r"\$\.Keyword\[0\]\.Times\[0\] is 'later'"),
        (["-1"], r"\$\.Keyword\[0\]\.Times\[0\] is '-1'; a time in a video is within 0 and 30 days"),
        ([1e18], r"\$\.Keyword\[0\]\.Times\[0\]"),
        (['["1", "x"]'], r"\$\.Keyword\[0\]\.Times\[0\]\[1\] is 'x'"),
        ({"a": 1}, r"\$\.Keyword\[0\]\.Times is an object; it must be a list"),
    ],
)
def test_vod_moments_that_are_none_are_refused_by_their_place(times, says):
    with pytest.raises(DataError, match=says):
        only("alibaba-vod", {"Keyword": [{"Tag": "气垫", "Times": times}]})


def test_vod_spellings_that_differ_in_case_are_one_tag():
    given = [{"Tag": "CC霜", "Times": ["1000"]}, {"Tag": "cc霜", "Times": ["1000", "2000"]}, {"Tag": "兰蔻"}]
    first, second = only("alibaba-vod", {"Keyword": given}).tags
    assert (first.label, first.other_labels, second.label) == ("CC霜", ("cc霜",), "兰蔻")
    assert [one.start_ms for one in first.occurrences] == [1000, 2000]
    assert second.occurrences == ()


def test_vod_says_nothing_of_confidence_and_neither_do_we():
    assert only("alibaba-vod", {"Category": [{"Tag": "美容"}]}).tags[0].confidence is None


def test_vod_old_events_name_a_video_and_speech_may_be_a_list():
    speech = [
        {"AsrTextList": [{"Text": "你好", "StartTime": 5, "EndTime": 9}, {"Text": "", "StartTime": 0, "EndTime": 0}]}
    ]
    event = {
        "EventType": "AIVideoTagComplete",
        "VideoId": "v",
        "Status": "success",
        "Data": json.dumps({"OrigASRData": speech}),
    }
    found = only("alibaba-vod", event)
    assert (found.media_id, [(one.text, one.start_ms, one.end_ms) for one in found.passages]) == ("v", [("你好", 5, 9)])


def test_vod_a_success_without_data_has_no_tags_and_what_is_not_read_is_named():
    event = {"EventType": "AIVideoTagComplete", "MediaId": "v", "Status": "success", "Data": ""}
    assert only("alibaba-vod", event).tags == ()
    assert only("alibaba-vod", {"Category": [], "Emotion": []}).passed_over == ("Emotion",)


def test_a_tag_without_a_name_is_refused():
    with pytest.raises(DataError, match=r"\$\.Person\[0\]\.Tag is missing; a tag has a name"):
        only("alibaba-vod", {"Person": [{"Times": []}]})


def test_a_word_that_is_no_status_is_refused():
    with pytest.raises(DataError, match=r"\$\.Status is 'perhaps'; it must be one of success"):
        only("alibaba-vod", {"EventType": "AIVideoTagComplete", "Status": "perhaps"})


# Alibaba Cloud IMS and MPS


def ims(*parts, **more):
    given = [{"Type": kind, "Data": json.dumps(data)} for kind, data in parts]
    return only("alibaba-ims", {"JobStatus": "Success", "Results": {"Result": given}, **more})


def test_ims_kinds_are_our_dimensions_and_another_kind_is_a_parent():
    kinds = ["节目", "人物角色", "物体", "标识", "动作事件", "地域", "场景", "表情", "天气"]
    found = ims(("VideoLabel", {"tags": [{"mainTagName": kind, "subTagName": f"{kind}1"} for kind in kinds]}))
    assert [one.dimension for one in found.tags] == [
        "keyword", "person", "object", "logo", "action", "place", "scene", "emotion", "custom",
    ]  # fmt: skip
    assert [one.parents for one in found.tags] == [()] * 8 + [("天气",)]


def test_ims_lists_are_split_at_commas_of_both_scripts():
    found = ims(("TextLabel", {"tags": [{"name": "关键词", "value": "甲，乙, 丙,,"}]}))
    assert labels(found) == [("keyword", "甲"), ("keyword", "乙"), ("keyword", "丙")]


def test_ims_a_category_without_a_second_level_stands_alone():
    (found,) = ims(("VideoLabel", {"classifications": [{"category1": "生活", "category2": "", "score": 0.5}]})).tags
    assert (found.label, found.parents, found.confidence) == ("生活", (), 0.5)


def test_ims_speech_and_writing_are_passages():
    position = {"leftTop": [1, 2], "rightBottom": [3, 4]}
    found = ims(
        ("ASR", {"details": [{"from": 1.5, "to": 2.25, "content": "大家好"}]}),
        ("OCR", {"details": [{"timestamp": 3.0, "info": [{"score": 0.9, "content": "特价", "position": position}]}]}),
        ("Process", {"url": "x"}),
    )
    heard, written = found.passages
    assert (heard.dimension, heard.text, heard.start_ms, heard.end_ms) == ("speech", "大家好", 1500, 2250)
    assert (written.dimension, written.text, written.start_ms, written.confidence) == ("text", "特价", 3000, 0.9)
    assert (written.frame.left, written.frame.bottom, written.frame.unit) == (1, 4, "pixel")
    assert found.passed_over == ("Process",)


def test_ims_version_2_is_read_wherever_objects_hold_a_label():
    data = {
        "cates": [{"labelLevel1": "生活", "labelLevel2": "美食", "label": "烘焙", "appearanceProbability": 0.4}],
        "entities": [{"labelLevel1": "物体", "label": "蛋糕", "detail": [{"score": 0.7, "from": 1, "to": 2}]}],
        "freeTags": [{"label": "下午茶", "knowledgeInfo": {}}, {"other": 1}, "text"],
        "version": "2.0",
    }
    cake, *_ = [one for one in ims(("CPVLabel", data)).tags if one.label == "蛋糕"]
    assert labels(ims(("CPVLabel", data))) == [("category", "烘焙"), ("object", "蛋糕"), ("keyword", "下午茶")]
    assert ims(("CPVLabel", data)).tags[0].parents == ("生活", "美食")
    assert (cake.confidence, cake.occurrences[0].start_ms, cake.occurrences[0].end_ms) == (0.7, 1000, 2000)


def test_ims_messages_of_state_carry_no_result():
    found = only("alibaba-ims", {"Type": "smarttag", "JobId": "j", "State": "Success", "UserData": "u"})
    assert (found.job_id, found.status, found.tags) == ("j", "success", ())
    assert only("alibaba-ims", {"JobStatus": "Processing"}).status == "running"
    failed = only("alibaba-ims", {"JobStatus": "Fail", "Message": "no such file"})
    assert (failed.status, failed.message) == ("failed", "no such file")


def test_ims_a_part_that_failed_holds_nothing():
    assert ims(("VideoLabel", {"success": False, "tags": [{"mainTagName": "物体"}]})).tags == ()


@pytest.mark.parametrize(
    "part, says",
    [
        ({"from": 5, "to": 4}, r"occurrences\[0\] is an object; it starts at 5000 ms and ends at 4000 ms"),
        ({"from": 1, "to": 2, "position": {"leftTop": [1]}}, r"position is an object; it must hold leftTop"),
        ({"from": 1, "to": 2, "position": {"leftTop": [5, 1], "rightBottom": [2, 3]}}, "edges must be in order"),
    ],
)
def test_ims_occurrences_that_cannot_be_are_refused(part, says):
    with pytest.raises(DataError, match=says):
        ims(("VideoLabel", {"tags": [{"mainTagName": "物体", "subTagName": "杯子", "occurrences": [part]}]}))


# Google Video Intelligence


def test_google_files_in_snake_case_with_seconds_and_nanos_say_the_same():
    segment = {"start_time_offset": {}, "end_time_offset": {"seconds": "14", "nanos": 833664000}}
    label = {
        "entity": {"entity_id": "/m/01yrx", "description": "cat", "language_code": "en-US"},
        "category_entities": [{"entity_id": "/m/068hy", "description": "pet"}],
        "segments": [{"segment": segment, "confidence": 0.98}],
    }
    found = only("google", {"annotation_results": [{"input_uri": "/b/v.mp4", "segment_label_annotations": [label]}]})
    (cat,) = found.tags
    assert (found.media_id, cat.label, cat.parents, cat.vendor_id, cat.language) == (
        "/b/v.mp4", "cat", ("pet",), "/m/01yrx", "en",
    )  # fmt: skip
    assert [(one.start_ms, one.end_ms) for one in cat.occurrences] == [(0, 14834)]
    assert found.passed_over == ()


def test_google_one_label_of_several_lists_is_one_tag_and_zeros_may_be_left_out():
    def given(confidence, **segment):
        entity = {"description": "cat", "languageCode": "en-US"}
        return [{"entity": entity, "segments": [{"segment": segment, "confidence": confidence}]}]

    found = only("google", {"annotationResults": [{
        "segmentLabelAnnotations": given(0.7, endTimeOffset="9s"),
        "shotLabelAnnotations": given(0.9, endTimeOffset="2s"),
    }]})  # fmt: skip
    (cat,) = found.tags
    assert (cat.confidence, [(one.start_ms, one.end_ms) for one in cat.occurrences]) == (0.9, [(0, 2000), (0, 9000)])


def test_google_objects_keep_the_rectangle_of_their_middle_frame_and_frames_are_moments():
    boxes = [
        {"normalizedBoundingBox": {"left": x, "right": x + 0.4, "bottom": 1.2}, "timeOffset": "1s"}
        for x in (0.0, 0.5, 0.9)
    ]
    thing = {"entity": {"description": "ball"}, "segment": {"endTimeOffset": "3s"}, "confidence": 0.6, "frames": boxes}
    frame = {"entity": {"description": "goal"}, "frames": [{"timeOffset": "2.5s", "confidence": 0.4}]}
    ball, goal = sorted(only("google", {"annotationResults": [{
        "objectAnnotations": [thing], "frameLabelAnnotations": [frame],
    }]}).tags, key=lambda one: one.label)  # fmt: skip
    box = ball.occurrences[0].frame
    assert (box.left, box.top, box.right, box.bottom, box.unit) == (0.5, 0.0, 0.9, 1.0, "share")
    assert (goal.occurrences[0].start_ms, goal.occurrences[0].is_point) == (2500, True)


def test_google_operations_say_how_far_they_are():
    assert only("google", {"name": "projects/p/operations/1", "metadata": {}}).status == "running"
    failed = only("google", {"name": "o", "done": True, "error": {"code": 3, "message": "no video"}})
    assert (failed.status, failed.message) == ("failed", "no video")
    done = {
        "name": "o",
        "done": True,
        "response": {"annotationResults": [{"error": {"message": "bad"}}, {"inputUri": "b"}]},
    }
    assert [(one.status, one.media_id) for one in read("google", done)] == [("failed", None), ("success", "b")]


@pytest.mark.parametrize("time", ["1m", "-1s", "1e5s", "１s", 3, {"seconds": "x"}])
def test_google_times_of_another_form_are_refused(time):
    shot = {"startTimeOffset": "0s", "endTimeOffset": time}
    with pytest.raises(DataError, match=r"\$\.annotationResults\[0\]\.shotAnnotations\[0\]\.endTimeOffset"):
        read("google", {"annotationResults": [{"shotAnnotations": [shot]}]})


# Amazon Rekognition


def aws_label(name, at, confidence=90, **more):
    return {"Timestamp": at, "Label": {"Name": name, "Confidence": confidence, **more}}


def test_aws_moments_of_one_label_are_one_tag_and_reach_as_far_as_the_sampling():
    found = only("aws", {"JobStatus": "SUCCEEDED", "Labels": [
        aws_label("Dancing", 0, 60, Categories=[{"Name": "Actions"}]), aws_label("Dancing", 500, 80),
        aws_label("Dog", 500),
    ]})  # fmt: skip
    dance, dog = found.tags
    assert (dance.dimension, dance.confidence, dog.dimension) == ("action", 0.8, "object")
    assert [(one.start_ms, one.end_ms, one.is_point) for one in dance.occurrences] == [
        (0, 500, True),
        (500, 1000, True),
    ]


def test_aws_ancestors_have_no_order_so_they_are_no_parents():
    parents = [{"Name": "Transportation"}, {"Name": "Vehicle"}]
    car = only("aws", {"Labels": [aws_label("Car", 0, Parents=parents, Categories=[{"Name": "Vehicles"}])]}).tags[0]
    assert (car.parents, car.groups) == ((), ("Transportation", "Vehicle", "Vehicles"))


def test_aws_celebrities_texts_and_shots_are_read():
    box = {"Left": -0.1, "Top": 0.5, "Width": 0.3, "Height": 0.7}
    found = only("aws", {
        "JobStatus": "SUCCEEDED", "Video": {"S3Object": {"Bucket": "b", "Name": "v.mp4"}},
        "Celebrities": [
            {"Timestamp": 100, "Celebrity": {"Name": "Ada", "Id": "1", "Confidence": 99, "BoundingBox": box}},
        ],
        "TextDetections": [
            {"Timestamp": 5, "TextDetection": {"DetectedText": "BIG SALE", "Type": "LINE", "Confidence": 120}},
            {"Timestamp": 5, "TextDetection": {"DetectedText": "BIG", "Type": "WORD", "Confidence": 98}},
        ],
        "Segments": [
            {"Type": "SHOT", "StartTimestampMillis": 0, "EndTimestampMillis": 900},
            {"Type": "TECHNICAL_CUE", "StartTimestampMillis": 0, "EndTimestampMillis": 40},
        ],
    })  # fmt: skip
    (ada,) = found.tags
    frame = ada.occurrences[0].frame
    assert (found.media_id, ada.dimension, ada.label, ada.confidence) == ("v.mp4", "person", "Ada", 0.99)
    assert (frame.left, frame.top, frame.right, frame.bottom) == (0.0, 0.5, 0.2, 1.0)
    assert [(one.text, one.confidence) for one in found.passages] == [("BIG SALE", 1.0)]
    assert found.shots == ((0, 900),)


def test_aws_notices_carry_no_result():
    notice = {"JobId": "j", "Status": "SUCCEEDED", "API": "StartLabelDetection", "Video": {"S3ObjectName": "video.mp4"}}
    found = only("aws", notice)
    assert (found.job_id, found.media_id, found.tags) == ("j", "video.mp4", ())
    assert only("aws", {"JobStatus": "IN_PROGRESS"}).status == "running"
    assert only("aws", {"JobStatus": "FAILED", "StatusMessage": "codec"}).message == "codec"


# Azure AI Video Indexer


def azure(**insights):
    return only("azure", {"id": "i", "videos": [{"id": "v", "state": "Processed", "insights": insights}]})


def test_azure_confidence_is_the_items_or_its_instances_and_never_above_1():
    part = {"start": "0:00:01", "end": "0:00:02"}
    found = azure(labels=[
        {"name": "cat", "instances": [{**part, "confidence": 0.4}, {**part, "confidence": 0.6}]},
        {"name": "dog", "confidence": 675.971, "instances": [part]},
        {"name": "owl", "instances": [part]},
    ])  # fmt: skip
    assert [one.confidence for one in found.tags] == [0.6, 1.0, None]


def test_azure_names_the_video_as_the_platform_does_where_it_was_told():
    given = {"id": "i", "videos": [{"id": "v", "externalId": "ours-1", "state": "Processed", "insights": {}}]}
    assert only("azure", given).media_id == "ours-1"
    two = {
        "id": "playlist",
        "videos": [{"id": "a", "state": "Processed"}, {"id": "b", "state": "Failed", "failureMessage": "x"}],
    }
    assert [(one.media_id, one.status, one.message) for one in read("azure", two)] == [
        ("a", "success", ""), ("b", "failed", "x"),
    ]  # fmt: skip
    assert only("azure", {"id": "i", "state": "Uploaded"}).status == "running"


@pytest.mark.parametrize("time", ["7", "0:61:00:00", "1:2", "0:00:-1", "a:b:c", "99999:00:00", None])
def test_azure_times_of_another_form_are_refused(time):
    if time == "1:2":
        assert azure(shots=[{"instances": [{"start": time, "end": "1:02"}]}]).shots == ((62_000, 62_000),)
        return
    with pytest.raises(DataError, match=r"\$\.videos\[0\]\.insights\.shots\[0\]\.instances\[0\]\.start"):
        azure(shots=[{"instances": [{"start": time, "end": "0:00:01"}]}])


# Files


def test_a_file_holds_one_payload_a_list_of_them_or_one_a_line():
    one, other = {"Category": [{"Tag": "美容"}]}, {"Category": [{"Tag": "汽车"}]}
    lines = f"{json.dumps(one)}\n\n{json.dumps(other)}\n".encode()
    for data in (json.dumps([one, other]).encode(), lines, json.dumps([one, other], indent=2).encode()):
        assert [labels(found) for found in results("alibaba-vod", data)] == [
            [("category", "美容")],
            [("category", "汽车")],
        ]


def test_a_bad_line_is_named_by_its_number():
    with pytest.raises(DataError, match=r"^line 3: \$\.Category\[0\]\.Tag is missing"):
        results("alibaba-vod", b'{"Category": []}\n\n{"Category": [{}]}')


def test_an_unknown_vendor_is_refused_with_those_known():
    with pytest.raises(
        ConfigError, match="no vendor is called 'acme'; known are alibaba-vod, alibaba-ims, google, aws, azure"
    ):
        reader("acme")
