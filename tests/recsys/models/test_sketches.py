import numpy as np
import pytest
from scipy import sparse

from recsys.models.sketches import sketch


def test_codes_are_the_vectors_to_half_a_step(contents):
    made = sketch(contents.model.factors, contents.videos.tags)
    vectors = np.nan_to_num(contents.model.factors.video_factors)
    assert made.codes.dtype == np.int8
    assert (np.abs(made.codes * made.steps - vectors) <= made.steps / 2 + 1e-6).all()


def test_tags_are_turned(contents):
    made = sketch(contents.model.factors, contents.videos.tags)
    np.testing.assert_array_equal(made.by_tag.toarray(), contents.videos.tags.toarray().T)


@pytest.mark.parametrize("n_tags", [0, 3])
def test_without_any_tagging_no_tag_has_a_video(contents, n_tags):
    made = sketch(contents.model.factors, sparse.csr_array((4, n_tags), dtype=np.float32))
    assert made.by_tag.shape == (n_tags, 4)
    assert made.by_tag.nnz == 0
