"""Waits for a store's notification that events were appended. It is a hint: the feed is read in any case.

A store that can call has a :class:`Channel`; elsewhere, and while the channel is broken, time passes instead. So a hint
that was lost costs one poll interval, and no event.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

__all__ = ["Channel", "Hints", "Unheard"]

_logger = logging.getLogger(__name__)

_RECOVERY: Final = 1.0
"""Seconds after which a channel that broke is opened anew; twice as many after each failure, up to the poll's."""

_DOUBLINGS: Final = 20


class Unheard(Exception):
    """The store gives no notifications, now or later: it is polled instead."""


class Channel(Protocol):
    """A store's notifications of new events. It may raise any error; it is closed then, and may be used again."""

    patience: float
    """Seconds of one :meth:`heard` at most: for so long it cannot be stopped."""

    def heard(self, seconds: float) -> bool:
        """Whether there may be something new, which is waited for so long.

        The first call opens the channel and returns True, as what was appended before it is not notified; so does a call
        after one that returned True. Nothing is listened to in between, and nothing piles up. Raises Unheard.
        """
        ...

    def close(self) -> None: ...


class Hints:
    """Waits on a channel, or where it is None for the time; ``stopped`` ends each wait, ``sleep`` waits for it, too.

    While the channel is broken, the store is polled every ``poll`` seconds at the latest.
    """

    def __init__(
        self,
        channel: Channel | None,
        stopped: Callable[[], bool],
        sleep: Callable[[float], Any],
        poll: float,
    ) -> None:
        self._channel = channel
        self._stopped = stopped
        self._sleep = sleep
        self._poll = poll
        self._failures = 0

    def wait(self, seconds: float) -> bool:
        """Whether there may be something new; False when so many seconds have passed, or it was stopped."""
        try:
            return self._heard(seconds)
        except Unheard:
            self.close()
            self._channel = None
        except Exception as error:  # noqa: BLE001  (whatever it is: the feed is polled instead)
            self._log_failure(error)
            self._failures += 1
            self.close()
            # What it had to say is lost, so look. Most are whole again at once, some never.
            self._sleep(min(self._poll, _RECOVERY * 2 ** min(self._failures - 1, _DOUBLINGS)))
            return True
        self._sleep(seconds)
        return False

    def _heard(self, seconds: float) -> bool:
        channel, end = self._channel, time.monotonic() + seconds
        if channel is None:
            raise Unheard
        while (left := end - time.monotonic()) > 0 and not self._stopped():
            if channel.heard(min(left, channel.patience)):
                return True
            self._failures = 0
        return False

    def _log_failure(self, error: Exception) -> None:
        # Without the driver's message, which may quote a URL.
        level = logging.DEBUG if self._failures else logging.WARNING
        _logger.log(level, "no word of new events (%s): the feed is polled", type(error).__name__)

    def close(self) -> None:
        """Give back what the channel holds."""
        if self._channel is None:
            return
        try:
            self._channel.close()
        except Exception:  # it was broken already
            _logger.debug("a channel that was broken could not be closed", exc_info=True)
