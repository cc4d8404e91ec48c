"""The experiment that runs, as one process knows it, and the snapshots that its variants rank with."""

import logging
from typing import Any

from pydantic_core import from_json

from recsys.errors import BundleError
from service.experiments import Experiment, Variant
from service.live import Live
from service.schemas.recommendations import RecommendationRequest
from service.snapshot import Snapshot
from service.storage.experiments import running_experiment
from service.storage.store import Store

_log = logging.getLogger(__name__)


class Trying:
    """Follows the store; a request is told its variant without a read."""

    def __init__(self, store: Store, live: Live) -> None:
        self.experiment: Experiment | None = None
        self._store, self._live = store, live

    async def follow(self) -> None:
        """See which experiment runs, and have its bundles open."""
        with self._store.reading() as connection:
            row = running_experiment(connection)
        found = None if row is None else experiment_from(row)
        wanted = {one.bundle for one in found.variants if one.bundle} if found else set()
        for version in sorted(wanted):
            try:
                await self._live.other(version)
            except (BundleError, OSError) as error:
                _log.error("bundle %s of an experiment cannot be opened: %s", version, error)
        self._live.keep_others(wanted)
        self.experiment = found

    def of(self, request: RecommendationRequest) -> tuple[RecommendationRequest, Snapshot | None, str | None]:
        """A request as its viewer's variant wants it, what to rank it with, and the variant's name if there is one.

        A viewer whose variant's bundle could not be opened is answered without a variant: nothing else would be told.
        """
        if self.experiment is None or request.viewer_id is None:
            return request, self._live.snapshot, None
        variant = self.experiment.variant_of(request.viewer_id)
        snapshot = self._live.snapshot if variant.bundle is None else self._live.others.get(variant.bundle)
        if snapshot is None:
            return request, self._live.snapshot, None
        return variant.applied(request), snapshot, self.experiment.label(variant)


def experiment_from(row: Any) -> Experiment:
    """A row of the store as an experiment."""
    variants = tuple(Variant(**one) for one in from_json(row["variants"]))
    return Experiment(row["experiment_id"], variants, row["started_at"], row["ended_at"])
