"""Which keys are valid now, as one process knows it: at most half a second behind the store."""

import time
from collections.abc import Callable

from service.auth.keys import ID_LENGTH, Key, hash_of
from service.storage.keys import find_key, is_any_key
from service.storage.store import Store

FRESH_S = 0.5
"""How long what was read of a key holds: a revoked one stops working within this time."""
MOST_KEPT = 10_000
"""Ids that are kept, those of no key too; strangers who guess cost reads, not memory."""


class KeyRing:
    """Looks keys up in the default tenant's store and keeps what it found for a moment."""

    def __init__(self, store: Store, seconds: Callable[[], float] = time.monotonic) -> None:
        self.has_keys = False
        """Whether a key was ever made, as of the last look."""
        self._store, self._seconds = store, seconds
        self._kept: dict[str, tuple[Key | None, float]] = {}

    async def follow(self) -> None:
        """Look whether the first key has been made."""
        if not self.has_keys:
            with self._store.reading() as connection:
                self.has_keys = is_any_key(connection)

    def of_secret(self, secret: str) -> Key | None:
        """The valid key with this secret; None for any other text."""
        secret_hash = hash_of(secret)
        key = self.of_id(secret_hash[:ID_LENGTH])
        return key if key is not None and key.is_of(secret_hash) else None

    def of_id(self, key_id: str) -> Key | None:
        """The valid key of this id; None where there is none, or it was revoked."""
        now = self._seconds()
        kept = self._kept.get(key_id)
        if kept is None or now - kept[1] >= FRESH_S:
            kept = self._kept[key_id] = self._read(key_id), now
        key = kept[0]
        return key if key is not None and key.revoked_at is None else None

    def forget(self, key_id: str) -> None:
        """Look a key up anew when it is next asked for: it was changed just now."""
        self._kept.pop(key_id, None)

    def _read(self, key_id: str) -> Key | None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        with self._store.reading() as connection:
            return find_key(connection, key_id)
