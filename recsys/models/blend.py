"""The blend: how much each core counts, by how much is known of the viewer and of the video."""

from dataclasses import dataclass, replace

import numpy as np

from recsys.schema import Floats

CORES = ("item_item", "sequence", "factors", "content", "popularity")
"""In the order of `Blend.corners`."""


@dataclass(frozen=True, eq=False)
class Blend:
    """Weights for new, beginning and known viewers × new and known videos, and the way between them.

    Viewers lie between the knots on a log scale of liked videos, a video with n events n / (n + video_events) of the
    way from new to known; in between weights are bilinear, so that nobody's list jumps at an event.
    """

    corners: Floats  # (n_cores, n_knots, 2) core × viewer × video (new, known), >= 0
    viewer_knots: tuple[float, ...] = (0.0, 3.0, 20.0)
    """Liked videos at which a viewer is new, beginning, known."""
    video_events: float = 0.02
    """Small: a video that had even one event and no more is no longer promising because it is new."""

    def weights(self, n_liked: Floats, counts: Floats) -> Floats:
        """(n_cores, n_viewers, n_videos) weights of viewers with these liked videos, for videos of these events."""
        viewer, video = self.viewer_share(n_liked), self.video_share(counts)
        return ((viewer @ self.corners) @ video.T).astype(np.float32)

    def viewer_share(self, n_liked: Floats) -> Floats:
        """(n, n_knots) how near viewers stand to each knot; every row sums to 1."""
        knots = np.log1p(self.viewer_knots)
        place = np.clip(np.interp(np.log1p(n_liked), knots, np.arange(len(knots))), 0, len(knots) - 1)
        return np.maximum(1 - np.abs(place[:, None] - np.arange(len(knots))), 0).astype(np.float32)

    def video_share(self, counts: Floats) -> Floats:
        """(…, 2) how near videos stand to new and to known."""
        known = 1 - np.float32(self.video_events) / (counts + np.float32(self.video_events))
        return np.stack([1 - known, known], axis=-1).astype(np.float32)

    def without(self, core: str) -> "Blend":
        """The same blend with one core silent."""
        corners = self.corners.copy()
        corners[CORES.index(core)] = 0
        return replace(self, corners=corners)


DEFAULT = Blend(
    np.array(
        [
            [[0.0, 0.2], [0.0, 0.3], [0.0, 0.3]],
            [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]],
            [[1.0, 0.4], [1.0, 0.3], [1.0, 0.2]],
            [[0.1, 0.1], [0.1, 0.0], [0.1, 0.0]],
            [[0.1, 0.1], [0.0, 0.0], [0.0, 0.0]],
        ],
        np.float32,
    )
)
"""Where there is too little data to calibrate."""
