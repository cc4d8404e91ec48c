"""Frozen dataclasses of arrays to a folder of `.npy` files and a JSON tree, and back. No pickle, no names to import.

What may be stored is what the dataclass's own annotations say: arrays, sparse matrices, ids, numbers, text, tuples and
dictionaries of those, and further dataclasses. Reading follows the same annotations, so a file cannot choose a class.
"""

import types
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from scipy import sparse

from recsys.errors import BundleError, require
from recsys.ids import Ids

SMALL = 4096
"""Files up to this many bytes are read, not mapped: a page each would cost more, and empty ones cannot be mapped."""


def write_object(folder: Path, value: Any, name: str = "") -> Any:
    """Write the arrays of a dataclass into `folder`.

    Returns:
        A JSON-able tree that `read_object` needs to put it together again.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            one.name: write_object(folder, getattr(value, one.name), _join(name, one.name)) for one in fields(value)
        }
    if isinstance(value, np.ndarray):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(value), allow_pickle=False)
        return f"{name}.npy"
    if isinstance(value, Ids):
        require(
            not value.later, f"{name} has ids that came later, {value.later[0] if value.later else ''!r}; index anew"
        )
        return write_object(folder, value.encoded, name)
    if isinstance(value, sparse.csr_array):
        parts = {"indptr": value.indptr.astype(np.int64), "indices": value.indices, "data": value.data}
        shape = [int(n) for n in value.shape]
        return {"shape": shape, **{key: write_object(folder, part, f"{name}.{key}") for key, part in parts.items()}}
    if isinstance(value, tuple):
        return [write_object(folder, one, f"{name}.{position}") for position, one in enumerate(value)]
    if isinstance(value, dict):
        return {key: write_object(folder, one, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no infinity
    require(value is None or isinstance(value, str | int | float | bool), f"{name} is {type(value)}: no such field")
    return value


def read_object(folder: Path, tree: Any, kind: Any) -> Any:
    """Put together what `write_object` wrote.

    Args:
        folder: where the arrays are; they are read-only, large ones memory-mapped.
        tree: what `write_object` returned.
        kind: the dataclass, or an annotation of one of its fields.

    Raises:
        BundleError: a field is missing, or an array file cannot be read; the message names it.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if tree is None else read_object(folder, tree, next(one for one in inner if one is not type(None)))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        missing = [one.name for one in fields(kind) if not isinstance(tree, dict) or one.name not in tree]
        require(not missing, f"the bundle's manifest lacks {', '.join(missing)} of {kind}", BundleError)
        make: Any = kind
        return make(**{one.name: read_object(folder, tree[one.name], hints[one.name]) for one in fields(kind)})
    if kind is Ids:
        return Ids(_array(folder, tree))
    if kind is sparse.csr_array:
        return _matrix(folder, tree)
    if _is_array(kind):
        return _array(folder, tree)
    if origin is tuple:
        return tuple(read_object(folder, one, inner[0]) for one in tree)
    if origin is dict:
        return {key: read_object(folder, one, inner[1]) for key, one in tree.items()}
    return float(tree) if kind is float else tree


def _is_array(kind: Any) -> bool:
    """Whether an annotation is an array's; from numpy 2.5 on `NDArray` is an alias that has to be looked through."""
    origin = get_origin(kind) or kind
    return np.ndarray in (origin, get_origin(getattr(origin, "__value__", None)))


def _matrix(folder: Path, tree: Any) -> sparse.csr_array:
    data, indices = _array(folder, tree["data"]), _array(folder, tree["indices"])
    indptr = np.asarray(_array(folder, tree["indptr"]), indices.dtype if len(indices) < 2**31 else np.int64)
    matrix = sparse.csr_array((data, indices, indptr), shape=tuple(tree["shape"]), copy=False)
    matrix.indptr.flags.writeable = False
    matrix.has_canonical_format = True
    return matrix


def _array(folder: Path, name: Any) -> np.ndarray:
    plain = isinstance(name, str) and name.endswith(".npy") and Path(name).name == name
    require(plain, f"{name!r} is no array of {folder}; arrays are .npy files in the bundle's own folder", BundleError)
    path = folder / name
    try:
        array = np.load(path, mmap_mode="r" if path.stat().st_size > SMALL else None, allow_pickle=False)
        array = array.view(np.ndarray)  # numpy's own class for mapped files makes each slice of one dearer
    except Exception as error:  # a damaged header makes numpy raise nearly anything, tokenize's errors among it
        raise BundleError(f"{path} cannot be read: {error}") from error
    require(isinstance(array, np.ndarray), f"{path} is no array but a whole archive", BundleError)
    array.flags.writeable = False
    return array


def _join(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field
