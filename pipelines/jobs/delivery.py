"""Sending callbacks: signed, and tried again by the rules of their form."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pipelines.jobs.outbox import Letter, Outbox
from pipelines.outbound import send
from recsys.errors import RecsysError
from recsys.tags.importers.callback import signed
from recsys.tags.jobs import CALLBACK_ID, SIGNATURE, TIMESTAMP, signature

AT_ONCE = 4
WITHIN_S = {"v1": 10.0, "vod": 5.0}
"""How long a receiver may take."""
KEPT_MS = 30 * 86_400_000
"""How long a delivered callback may be replayed."""
_log = logging.getLogger(__name__)


class Delivery:
    """Sends what is due."""

    def __init__(self, outbox: Outbox, allow_private: bool, now: Callable[[], int]) -> None:
        """See the class.

        Args:
            outbox: of the store.
            allow_private: whether receivers may be in private networks.
            now: the clock, ms.
        """
        self._outbox, self._allow_private, self._now = outbox, allow_private, now

    def deliver(self) -> int:
        """Send what is due now, and wait for it; how many were tried."""
        letters = self._outbox.take(self._now(), AT_ONCE)
        if letters:
            with ThreadPoolExecutor(len(letters)) as senders:
                list(senders.map(self._send, letters))
        return len(letters)

    def tidy(self) -> None:
        """Throw away what was delivered a month ago."""
        self._outbox.forget(self._now() - KEPT_MS)

    def _send(self, letter: Letter) -> None:
        why = self._tried(letter)
        if why is None:
            self._outbox.delivered(letter, self._now())
            return
        _log.warning("callback %s was not taken: %s", letter.callback_id, why)
        self._outbox.failed(letter, why, self._now())

    def _tried(self, letter: Letter) -> str | None:
        """Why nobody took it; None where somebody did."""
        if not letter.url:
            return "there is no address to send it to any more"
        try:
            status = send(
                letter.url, letter.body.encode(), headers(letter, time.time()), WITHIN_S[letter.form],
                self._allow_private,
            )  # fmt: skip
        except RecsysError as error:
            return str(error)
        taken = status == 200 if letter.form == "vod" else 200 <= status < 300
        return None if taken else f"the receiver answered {status}"


def headers(letter: Letter, now_s: float) -> dict[str, str]:
    """What goes with a callback.

    Args:
        letter: the callback. Without a secret it is not signed.
        now_s: Unix time, which is signed too.
    """
    timestamp = str(int(now_s))
    told = {"Content-Type": "application/json; charset=utf-8", CALLBACK_ID: letter.callback_id}
    if letter.secret:
        told |= {TIMESTAMP: timestamp, SIGNATURE: signature(letter.secret, timestamp, letter.body.encode())}
    if letter.secret and letter.form == "vod":
        told |= {"X-VOD-TIMESTAMP": timestamp, "X-VOD-SIGNATURE": signed(letter.url, timestamp, letter.secret)}
    return told
