"""The blend: how much each core counts, by how much is known of the viewer and of the video."""

from dataclasses import dataclass, replace

import numpy as np

from recsys.schema import Floats

CORES = ("item_item", "factors", "content", "popularity")
"""In the order of `Blend.corners`."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Weights at four corners (viewer new or known × video new or known) and the way between them.

    A viewer with k liked videos stands k / (k + viewer_events) of the way from new to known, a video with n events
    n / (n + video_events); in between weights are bilinear, so that nobody's list jumps at an event.
    """

    corners: Floats  # (n_cores, 2, 2) core × viewer (new, known) × video (new, known), >= 0
    viewer_events: float = 3.0
    video_events: float = 3.0

    def weights(self, n_liked: Floats, counts: Floats) -> Floats:
        """(n_cores, n_viewers, n_videos) weights of viewers with these liked videos, for videos of these events."""
        viewer = _between(n_liked, self.viewer_events)  # (n_viewers, 2)
        video = _between(counts, self.video_events)  # (n_videos, 2)
        return np.einsum("ua,cab,vb->cuv", viewer, self.corners, video, optimize=True).astype(np.float32)

    def without(self, core: str) -> "Blend":
        """The same blend with one core silent."""
        corners = self.corners.copy()
        corners[CORES.index(core)] = 0
        return replace(self, corners=corners)


DEFAULT = Blend(
    np.array(
        [
            [[0.0, 1.0], [0.0, 1.0]],
            [[1.0, 0.6], [1.0, 0.3]],
            [[0.5, 0.3], [0.3, 0.1]],
            [[0.3, 0.5], [0.1, 0.2]],
        ],
        np.float32,
    )
)
"""Where there is too little data to calibrate."""


def _between(amount: Floats, half: float) -> Floats:
    """(n, 2) shares of the new and the known corner."""
    known = amount / (amount + np.float32(half))
    return np.stack([1 - known, known], axis=1).astype(np.float32)
