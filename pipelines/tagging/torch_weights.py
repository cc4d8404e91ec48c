"""Weights out of a file that PyTorch wrote in its form of before 2020, without PyTorch and without unpickling.

Such a file is five pickles and then the numbers. Their operations are listed, never carried out: names, shapes and
places of the tensors are plain values among them, and nothing that the file says to call is called.
"""

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from recsys.errors import AssetError, require

STORAGES: dict[str, np.dtype[Any]] = {"torch FloatStorage": np.dtype("<f4"), "torch LongStorage": np.dtype("<i8")}
REBUILD = "torch._utils _rebuild_tensor_v2"

Weights = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class _Tensor:
    """What the file says of one tensor; its numbers stand in a storage."""

    name: str
    kind: str
    storage: str
    n_values: int
    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]
    """Numbers from one to the next along each axis; tensors are stored in any order of axes."""


def torch_weights(path: Path) -> Weights:
    """Name → array of every tensor of a saved state.

    Raises:
        AssetError: the file is of another form.
    """
    try:
        with path.open("rb") as file:
            for _ in range(3):  # a magic number, a version, facts of the machine
                list(pickletools.genops(file))
            tensors = list(_tensors(_values(file)))
            order = [value for value in _values(file) if isinstance(value, str)]
            kinds: dict[str, np.dtype[Any]] = {one.storage: STORAGES[one.kind] for one in tensors}
            storages = {key: _numbers(file, kinds[key]) for key in order}
        return {one.name: _of(one, storages[one.storage]) for one in tensors}
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise AssetError(f"{path} holds no weights that can be read here: {error!r}") from error


def _values(file: IO[bytes]) -> list[Any]:
    """The plain values of one pickle in their order, what was said before and is meant again among them."""
    found: list[Any] = []
    said: dict[Any, Any] = {}
    for operation, value, _ in pickletools.genops(file):
        if operation.name in ("BINPUT", "LONG_BINPUT"):
            said[value] = found[-1] if found else None
        elif operation.name in ("BINGET", "LONG_BINGET"):
            found.append(said[value])
        elif operation.name == "GLOBAL" or operation.name.startswith(("BININT", "BINUNICODE")):
            found.append(value)
        elif operation.name in ("MARK", "TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "BINPERSID"):
            found.append((operation.name,))
    return found


def _tensors(values: list[Any]) -> Iterator[_Tensor]:
    """Each tensor stands as its name, the call that would make it, its storage, its first number, and its shape."""
    for at, value in enumerate(values):
        if value != REBUILD:
            continue
        rest = [one for one in values[at + 1 : at + 40] if one != ("MARK",)]
        _, kind, storage, _, n_values, _, made, first = rest[:8]
        require(made == ("BINPERSID",), f"{values[at - 1]} is of another form", AssetError)
        shape, behind = _tuple(rest[8:])
        steps, _ = _tuple(behind)
        yield _Tensor(values[at - 1], kind, storage, n_values, first, shape, steps)


def _tuple(values: list[Any]) -> tuple[tuple[int, ...], list[Any]]:
    """The numbers before the first end of a tuple, and what stands behind that."""
    end = next(at for at, one in enumerate(values) if isinstance(one, tuple))
    return tuple(values[:end]), values[end + 1 :]


def _numbers(file: IO[bytes], kind: np.dtype[Any]) -> NDArray[Any]:
    n_values = int.from_bytes(file.read(8), "little")
    raw = file.read(n_values * kind.itemsize)
    return np.frombuffer(raw, kind, n_values)


def _of(tensor: _Tensor, storage: NDArray[Any]) -> NDArray[Any]:
    last = tensor.first + sum((length - 1) * step for length, step in zip(tensor.shape, tensor.steps, strict=True))
    whole = len(storage) == tensor.n_values and 0 <= last < max(1, len(storage)) and min((*tensor.steps, 0)) >= 0
    require(whole, f"the numbers of {tensor.name} break off", AssetError)
    bytes_a_step = [step * storage.itemsize for step in tensor.steps]
    return np.lib.stride_tricks.as_strided(storage[tensor.first :], tensor.shape, bytes_a_step, writeable=False)
