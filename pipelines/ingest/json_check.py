"""Which texts are valid JSON, all rows at once."""

import json

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def is_valid_json(texts: pa.Array) -> NDArray[np.bool_]:
    """(n,) whether each text is JSON of any type; null counts as valid, NaN and infinity do not."""
    if texts.null_count == len(texts):
        return np.ones(len(texts), bool)
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"text": texts}))
        answer = connection.sql("SELECT coalesce(json_valid(text), true) AS valid FROM given").fetchnumpy()
    valid = np.asarray(answer["valid"], bool)
    suspects = pc.match_substring_regex(texts, "(?i)nan|inf").fill_null(False)  # DuckDB lets these numbers pass
    for at in np.flatnonzero(suspects.to_numpy(zero_copy_only=False)):
        valid[at] = _is_strict_json(texts[at].as_py())
    return valid


def _is_strict_json(text: str) -> bool:
    try:
        json.dumps(json.loads(text), allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True
