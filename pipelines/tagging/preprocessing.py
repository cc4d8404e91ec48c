"""A picture as the numbers that a model wants."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.tagging.decoding import Picture
from pipelines.tagging.engines import engine
from recsys.errors import ConfigError, require

Input = NDArray[np.float32]
"""(1, 3, size, size) or (1, size, size, 3)."""
Triple = tuple[float, ...]
PAD = 114


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a model wants its pictures. The defaults are those of most ImageNet models."""

    size: int = 224
    """Side of the square."""
    fit: Literal["crop", "pad", "stretch"] = "crop"
    """The middle of the picture, all of it with a grey edge, or all of it squeezed."""
    resize: int = 0
    """Before a crop the shorter side becomes this; 8/7 of the size if 0."""
    colours: Literal["rgb", "bgr"] = "rgb"
    mean: Triple = (123.675, 116.28, 103.53)
    """Subtracted from values 0 to 255, in the order of the colours."""
    std: Triple = (58.395, 57.12, 57.375)
    """Divided by, after that."""
    layout: Literal["nchw", "nhwc"] = "nchw"

    def __post_init__(self) -> None:
        """Check the ranges."""
        require(self.size > 0, f"size is {self.size}; it must be above 0", ConfigError)
        require(self.resize == 0 or self.resize >= self.size, f"resize is {self.resize}; below size", ConfigError)
        whole = len(self.mean) == len(self.std) == 3 and all(self.std)
        require(whole, f"mean is {self.mean}, std {self.std}; each needs three numbers, std none of 0", ConfigError)

    def of(self, picture: Picture) -> Input:
        """The model's input, a batch of one."""
        fitted = getattr(self, f"_{self.fit}")(picture)
        coloured = fitted[:, :, ::-1] if self.colours == "rgb" else fitted
        values = (coloured - np.asarray(self.mean, np.float32)) / np.asarray(self.std, np.float32)
        return np.ascontiguousarray((values.transpose(2, 0, 1) if self.layout == "nchw" else values)[None])

    def scale(self, picture: Picture) -> float:
        """Pixels of a padded input a pixel of the picture."""
        return self.size / max(picture.shape[:2])

    def _crop(self, picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        shorter = self.resize or round(self.size * 8 / 7)
        scale = shorter / min(height, width)
        made = _resized(picture, max(self.size, round(width * scale)), max(self.size, round(height * scale)))
        top, left = (made.shape[0] - self.size) // 2, (made.shape[1] - self.size) // 2
        return made[top : top + self.size, left : left + self.size]

    def _pad(self, picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        scale = self.scale(picture)
        made = _resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
        whole = np.full((self.size, self.size, 3), PAD, np.uint8)
        whole[: made.shape[0], : made.shape[1]] = made
        return whole

    def _stretch(self, picture: Picture) -> Picture:
        return _resized(picture, self.size, self.size)


def _resized(picture: Picture, width: int, height: int) -> Picture:
    cv2 = engine("cv2", "looking at frames")
    smaller = width < picture.shape[1]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
