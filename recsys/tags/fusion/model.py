"""What of fusion is fitted: how far each source is believed, which err together, what makes a video be about a tag."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy.special import expit, logit

from recsys.errors import DataError, require
from recsys.tags.fusion.belief import Belief, Correlations
from recsys.tags.fusion.calibration import PRIOR, Calibrator, Isotonic, Platt, clipped
from recsys.tags.fusion.salience import Salience
from recsys.tags.payload import Field, parsed

FORM = "tagreel-fusion/1"
FEATURES = ("belief", "agreement", "screen_time", "boxed", "prominence", "title")


@dataclass(frozen=True)
class Relevance:
    """From belief and salience to the chance that a video is about a tag: a logistic regression of few features."""

    weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "belief": 1.0,
            "agreement": 0.5,
            "screen_time": 0.5,
            "boxed": -0.4,
            "prominence": 2.0,
            "title": 1.5,
        }
    )
    offset: float = -0.5

    def log_odds(self, belief: Belief, salience: Salience) -> float:
        """Of one tag."""
        given = features(belief, salience)
        return self.offset + sum(self.weights.get(name, 0.0) * given[name] for name in FEATURES)


def features(belief: Belief, salience: Salience) -> dict[str, float]:
    """What relevance is judged by: `belief` as log-odds, `agreement` as ln of the number of sources, and salience.

    Prominence counts from the mean of what has rectangles, which `boxed` stands for; of what has none it says nothing.
    """
    return {
        "belief": float(logit(clipped(np.array([belief.chance]))[0])),
        "agreement": float(np.log(len(belief.by_source))),
        "screen_time": salience.screen_time,
        "boxed": float(salience.prominence is not None),
        "prominence": salience.prominence or 0.0,
        "title": salience.title,
    }


def confidence(log_odds: float) -> float:
    """The chance that those odds are, never quite 0 or 1."""
    return round(float(clipped(np.array([expit(log_odds)]))[0]), 6)


@dataclass(frozen=True)
class FusionModel:
    """Immutable and plain: `to_json` and `from_json` keep all of it. As it is made, it knows nothing but priors."""

    calibrators: Mapping[str, Calibrator] = field(default_factory=dict)
    """By source."""
    correlations: Correlations = Correlations()
    relevance: Relevance = Relevance()
    threshold: float = 0.25
    """Tags below are left out. The default is low: who recommends by tags weighs them by their confidence anyway."""
    n_videos: int = 0
    """How many labelled videos it was fitted on."""

    def calibrator(self, source: str) -> Calibrator:
        """Of a source; the prior for one that was not fitted."""
        return self.calibrators.get(source, PRIOR)

    def to_json(self) -> str:
        """Strict JSON; the same model is the same text."""
        kinds = {
            source: {"kind": type(one).__name__.lower(), **asdict(one)} for source, one in self.calibrators.items()
        }
        told = {
            "form": FORM,
            "n_videos": self.n_videos,
            "threshold": self.threshold,
            "calibrators": kinds,
            "correlations": asdict(self.correlations),
            "relevance": asdict(self.relevance),
        }
        return json.dumps(told, indent=1, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, data: bytes) -> "FusionModel":
        """What `to_json` wrote.

        Raises:
            DataError: damaged, or of another form; the message names the place.
        """
        top = parsed(data)
        require(top["form"].text() == FORM, f"$.form is {top['form'].text()!r}; it must be {FORM!r}")
        correlations, relevance = top["correlations"], top["relevance"]
        return cls(
            calibrators={source: _calibrator(top["calibrators"][source]) for source in top["calibrators"].keys()},  # noqa: SIM118
            correlations=Correlations(
                {name: _share(correlations["pairs"][name]) for name in correlations["pairs"].keys()},  # noqa: SIM118
                _share(correlations["default"]),
                _share(correlations["between_shots"]),
            ),
            relevance=Relevance(
                {name: relevance["weights"][name].number() for name in FEATURES}, relevance["offset"].number()
            ),
            threshold=_share(top["threshold"]),
            n_videos=int(top["n_videos"].number()),
        )


def _calibrator(field: Field) -> Calibrator:
    kind = field["kind"].text()
    if kind == "platt":
        return Platt(field["slope"].number(), field["offset"].number())
    if kind == "isotonic":
        values, chances = (tuple(_share(one) for one in field[key]) for key in ("confidences", "chances"))
        rising = all(list(one) == sorted(one) for one in (values, chances))
        if not (values and len(values) == len(chances) and rising):
            raise field.fail("its confidences and chances must be as many, and rise")
        return Isotonic(values, chances)
    raise DataError(f"{field.path}.kind is {kind!r}; it must be platt or isotonic")


def _share(field: Field) -> float:
    found = field.number()
    if not 0 <= found <= 1:
        raise field.fail("it must be within 0 and 1")
    return found
