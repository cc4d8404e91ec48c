"""Which signed requests came already, as one process knows it."""

from collections import OrderedDict

MOST_KEPT = 100_000


class Nonces:
    """Remembers what was used until it is too old to be used again."""

    def __init__(self) -> None:
        self._used: OrderedDict[str, int] = OrderedDict()

    def is_new(self, nonce: str, now: int, for_ms: int) -> bool:
        """Note one as used; False where it is already.

        Args:
            nonce: with who used it.
            now: ms.
            for_ms: how long it is remembered.
        """
        while self._used and (len(self._used) >= MOST_KEPT or next(iter(self._used.values())) <= now):
            self._used.popitem(last=False)
        if nonce in self._used:
            return False
        self._used[nonce] = now + for_ms
        return True
