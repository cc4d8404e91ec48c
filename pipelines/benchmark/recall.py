"""How much of what exact scores of everything would rank highest is among the candidates that are scored at all."""

import numpy as np

from pipelines.benchmark.platform import shelf
from pipelines.benchmark.setting import Setting
from pipelines.join.storage import read_joined
from recsys.bundle import Contents, open_bundle
from recsys.interactions import Profiles
from recsys.ranking.catalogue import Catalogue
from recsys.ranking.retrieve import candidates
from recsys.ranking.viewer import KnownViewer

K = 100


def recall_of_candidates(setting: Setting, n_viewers: int) -> float:
    """Mean over viewers, drawn at random, of the share of their exact best 100 that are candidates, 0 to 1."""
    found = shelf(setting)
    contents = open_bundle(found.folder(str(found.live())), verify=False).contents
    data = read_joined(setting.folders.joined).data
    pairs = data.events.pairs()
    drawn = np.random.default_rng(setting.seed).choice(np.unique(pairs.viewer), n_viewers, replace=False)
    profiles = [Profiles.of(pairs, data.videos, data.as_of, np.array([one], np.int32)) for one in drawn]
    return float(np.mean([_recall(contents, one, data.as_of) for one in profiles]))


def _recall(contents: Contents, profile: Profiles, now: int) -> float:
    catalogue, past = Catalogue.of(contents), profile.index
    allowed = catalogue.available(now).copy()
    allowed[past] = False
    everything = np.flatnonzero(allowed).astype(np.int32)
    scores = np.nan_to_num(contents.model.score(profile, catalogue.videos(everything))[0], nan=-np.inf)
    best = everything[np.argpartition(-scores, K)[:K]]
    chosen = candidates(contents, catalogue, KnownViewer(profile, past, past), allowed)
    return float(np.isin(best, chosen).mean())
