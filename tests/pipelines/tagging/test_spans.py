from pipelines.tagging.spans import merged


def spans(found):
    return [(one.label, one.start_ms, one.end_ms, one.confidence) for one in found]


def test_touching_and_overlapping_stretches_of_one_label_become_one_as_sure_as_the_surest(evidence):
    found = merged(
        [evidence("cat", 2_000, 3_000, 0.5), evidence("cat", 0, 1_000, 0.6), evidence("cat", 900, 2_000, 0.9)]
    )
    assert spans(found) == [("cat", 0, 3_000, 0.9)]


def test_a_gap_parts_them_unless_it_is_small_enough(evidence):
    given = [evidence("cat", 0, 1_000), evidence("cat", 1_500, 2_000)]
    assert len(merged(given)) == 2
    assert spans(merged(given, gap_ms=500)) == [("cat", 0, 2_000, 0.9)]


def test_other_labels_stay_apart(evidence):
    found = merged([evidence("dog", 0, 1_000), evidence("cat", 0, 1_000)])
    assert [one.label for one in found] == ["cat", "dog"]


def test_a_stretch_within_another_does_not_shorten_it(evidence):
    assert spans(merged([evidence("cat", 0, 5_000), evidence("cat", 1_000, 2_000)])) == [("cat", 0, 5_000, 0.9)]


def test_the_key_decides_what_is_one(evidence):
    found = merged(
        [evidence("Hello", 0, 1_000, 0.8), evidence("hello", 1_000, 2_000)], key=lambda one: one.label.lower()
    )
    assert spans(found) == [("hello", 0, 2_000, 0.9)]


def test_nothing_merged_is_nothing():
    assert merged([]) == []
