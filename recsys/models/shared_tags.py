"""Tags that say how videos are alike: those that more than one video has."""

import numpy as np
from scipy import sparse


def shared_tags(tags: sparse.csr_array) -> sparse.csr_array:
    """The vectors without the tags that one video alone has, each then of its former length.

    Such a tag links its video to no other, yet takes a part of the vector's length from those that do.

    Args:
        tags: (n_videos, n_tags) tag vectors.

    Returns:
        (n_videos, n_tags) float32; a row is empty where a video shares no tag.

    >>> shared_tags(sparse.csr_array(np.array([[3.0, 4.0], [2.0, 0.0]]))).toarray().tolist()
    [[5.0, 0.0], [2.0, 0.0]]
    """
    n_videos = np.bincount(tags.indices, tags.data != 0, tags.shape[1])
    alone = n_videos[tags.indices] < 2
    row = np.repeat(np.arange(tags.shape[0]), np.diff(tags.indptr))
    squares = tags.data.astype(np.float64) ** 2
    whole, left = (np.bincount(row, values, tags.shape[0]) for values in (squares, np.where(alone, 0, squares)))
    by = np.sqrt(np.divide(whole, left, out=np.zeros(len(left)), where=left > 0))
    data = np.where(alone, 0, tags.data * by[row]).astype(np.float32)
    kept = sparse.csr_array((data, tags.indices.copy(), tags.indptr.copy()), shape=tags.shape)
    kept.eliminate_zeros()
    return kept
