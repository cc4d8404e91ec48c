import numpy as np
from scipy import sparse

from recsys.models.shared_tags import shared_tags


def vectors(*rows):
    return sparse.csr_array(np.array(rows, np.float32))


def test_a_tag_of_one_video_goes_and_the_others_take_its_length():
    found = shared_tags(vectors([0.6, 0.8, 0], [1, 0, 0], [0.6, 0, 0.8])).toarray()
    np.testing.assert_allclose(found, [[1, 0, 0], [1, 0, 0], [1, 0, 0]], rtol=1e-6)


def test_a_video_that_shares_nothing_becomes_empty():
    assert shared_tags(vectors([1, 0, 0], [0, 1, 0], [0, 1, 0])).toarray().tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_where_every_tag_is_shared_nothing_changes_and_the_input_never_does():
    given = vectors([0.6, 0.8], [0.8, 0.6])
    before = given.toarray()
    np.testing.assert_allclose(shared_tags(given).toarray(), before, rtol=1e-6)
    np.testing.assert_array_equal(given.toarray(), before)


def test_tags_that_nobody_has_are_allowed():
    assert shared_tags(sparse.csr_array((3, 5), dtype=np.float32)).nnz == 0
