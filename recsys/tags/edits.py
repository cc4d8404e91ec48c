"""A taxonomy that was edited after vectors were made of it: tags merged, banned, given another parent.

Vectors follow without their taggings, which a bundle does not hold. Beliefs are taken as sums of what each tag's own
evidence gives it and its ancestors, so one sparse matrix brings them from the old tree to the new one. Taggings are
joined by noisy-or, which is a little less than a sum: where a video has two tags that were merged, its vector differs a
little from what the next training makes of it (cosine 0.997 in the median where half of all tags are edited at once).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from recsys.schema import Floats, Rows
from recsys.tags.taxonomy import MAX_DEPTH, Taxonomy
from recsys.tags.vectorizer import TagVectorizer


@dataclass(frozen=True)
class TagEdit:
    """How a tag stands in the taxonomy now."""

    tag_id: str
    parent_id: str | None = None
    status: str = "active"
    merged_into: str | None = None


def edited(taxonomy: Taxonomy, edits: Sequence[TagEdit]) -> Taxonomy:
    """The taxonomy with these tags as they are now, new tags behind the others. Itself if no tag of it differs.

    Raises:
        DataError: parents or merges form a circle.
    """
    named = [one for edit in edits for one in (edit.tag_id, edit.parent_id, edit.merged_into) if one]
    whole = taxonomy.with_roots(named)
    parent, stands_for = whole.parent.copy(), whole.stands_for.copy()
    for edit in edits:
        row = whole.ids.row(edit.tag_id)
        parent[row] = whole.ids.row(edit.parent_id) if edit.parent_id else -1
        into = whole.ids.row(edit.merged_into) if edit.merged_into else -1
        stands_for[row] = {"banned": -1, "merged": into}.get(edit.status, row)
    made = Taxonomy.linked(whole.ids, parent, stands_for)
    is_same = (made.parent == whole.parent).all() and (made.stands_for == whole.stands_for).all()
    return taxonomy if is_same else made


def retagged(
    vectorizer: TagVectorizer, tags: sparse.csr_array, taxonomy: Taxonomy
) -> tuple[TagVectorizer, sparse.csr_array]:
    """Vectors in an edited taxonomy; those of videos that it does not concern stay as they are, bit by bit.

    Args:
        vectorizer: that made the vectors.
        tags: (n_videos, n_tags) its vectors.
        taxonomy: its taxonomy, `edited`.

    Returns:
        The vectorizer of the edited taxonomy, and (n_videos, len(taxonomy)) vectors of length 1.
    """
    old = vectorizer.taxonomy.with_roots(taxonomy.ids.take(np.arange(len(taxonomy), dtype=np.int32)))
    moved = _moved(old, taxonomy, vectorizer.config.parent_share)
    wide = sparse.csr_array((tags.data, tags.indices, tags.indptr), shape=(tags.shape[0], len(taxonomy)))
    concerned = np.flatnonzero(np.diff(moved.indptr))
    rows = np.unique(wide.tocoo().row[np.isin(wide.indices, concerned)])
    widened = vectorizer.with_tags(taxonomy.ids.later)
    if not len(rows):
        return replace(widened, taxonomy=taxonomy), wide
    idf = widened.idf
    belief = wide[rows] @ sparse.diags_array(np.divide(1, idf, out=np.zeros_like(idf), where=idf > 0))
    belief = sparse.csr_array(belief + belief @ moved)
    belief.data = np.where(belief.data > 1e-6, belief.data, 0).astype(np.float32)
    belief.eliminate_zeros()
    fitted = replace(widened, taxonomy=taxonomy, idf=_filled(idf, belief, tags.shape[0], vectorizer.config.idf_power))
    return fitted, _with_rows(wide, rows, fitted.weighed(belief))


def _moved(old: Taxonomy, new: Taxonomy, share: float) -> sparse.csr_array:
    """(n_tags, n_tags) what beliefs gain: the old tree's shares undone, merges, the new shares."""
    before, after = _shares(old, share), _shares(new, share)
    stands = sparse.csr_array(_at(np.arange(len(new), dtype=np.int32), new.stands_for, 1.0, len(new)))
    term = sparse.csr_array(stands @ after - before)
    above, total = before - sparse.eye_array(len(old), format="csr"), term
    for _ in range(MAX_DEPTH):  # the inverse of identity + above, whose powers end with the tree's depth
        term = sparse.csr_array(-(above @ term))
        term.eliminate_zeros()
        if not term.nnz:
            break
        total = total + term
    total = sparse.csr_array(total)
    total.data[np.abs(total.data) < 1e-7] = 0
    total.eliminate_zeros()
    return total


def _shares(taxonomy: Taxonomy, share: float) -> sparse.csr_array:
    """(n_tags, n_tags) what of a tag's evidence each tag gets: all itself, a share each ancestor."""
    rows = np.arange(len(taxonomy), dtype=np.int32)
    total = sparse.csr_array(sparse.eye_array(len(taxonomy), format="csr", dtype=np.float32))
    for generation, above in enumerate(taxonomy.ancestors() if share else [], start=1):
        into = np.where(above >= 0, taxonomy.stands_for[above], -1).astype(np.int32)
        total = sparse.csr_array(total + _at(rows, into, share**generation, len(taxonomy)))
    return total


def _at(rows: Rows, columns: Rows, value: float, n: int) -> sparse.csr_array:
    """(n, n) one value at some places; none where a column is below 0."""
    kept = columns >= 0
    values = np.full(int(kept.sum()), value, np.float32)
    return sparse.csr_array(sparse.coo_array((values, (rows[kept], columns[kept])), shape=(n, n)))


def _filled(idf: Floats, belief: sparse.csr_array, n_videos: int, power: float) -> Floats:
    """The weights, and for tags that no video had until now what their videos make of them."""
    spread = np.bincount(belief.indices, minlength=len(idf))
    fresh = np.log1p(max(n_videos, 1) / np.maximum(spread, 1)) ** power
    return np.where((idf == 0) & (spread > 0), fresh, idf).astype(np.float32)


def _with_rows(tags: sparse.csr_array, rows: Rows, new: sparse.csr_array) -> sparse.csr_array:
    """The same matrix with some rows replaced."""
    keep = np.ones(tags.shape[0], bool)
    keep[rows] = False
    order = np.empty(tags.shape[0], np.int64)
    order[np.flatnonzero(keep)] = np.arange(int(keep.sum()))
    order[rows] = int(keep.sum()) + np.arange(len(rows))
    stacked = sparse.vstack([tags[np.flatnonzero(keep)], new], format="csr")
    return sparse.csr_array(stacked[order]).astype(np.float32)
