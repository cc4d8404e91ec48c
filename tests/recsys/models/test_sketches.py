import numpy as np
import pytest
from scipy import sparse

from recsys.models import sketches
from recsys.models.sketches import sketch


def test_codes_are_the_first_vectors_to_half_a_step(contents):
    factors = contents.model.factors
    made = sketch(factors, contents.videos.tags)
    vectors = np.nan_to_num(factors.video_factors[:, : factors.grams.shape[-1]])
    assert made.codes.dtype == np.int8
    assert (np.abs(made.codes * made.steps - vectors) <= made.steps / 2 + 1e-6).all()


def test_a_tag_is_stood_for_by_the_videos_in_which_it_weighs_most(contents, monkeypatch):
    monkeypatch.setattr(sketches, "PER_TAG", 2)
    tags = sparse.csr_array(np.array([[0.1, 0, 0], [0.9, 0.5, 0], [0.5, 0, 0], [0.9, 0, 0]], np.float32))
    made = sketch(contents.model.factors, tags)
    np.testing.assert_array_equal(made.of_tag, [[1, 3], [1, -1], [-1, -1]])


@pytest.mark.parametrize(
    "tags", [sparse.csr_array((4, 3), dtype=np.float32), sparse.csr_array((4, 0), dtype=np.float32)]
)
def test_without_any_tagging_no_tag_is_stood_for(contents, tags):
    made = sketch(contents.model.factors, tags)
    assert made.of_tag.shape[0] == tags.shape[1]
    assert (made.of_tag == -1).all()
