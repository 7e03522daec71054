"""When a request to a server is worth sending again, and how long to wait before."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np
from urllib3.util import Retry

# 520 to 529 are what proxies such as Cloudflare say of a server behind them.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 530)})
HOPELESS = 120.0  # seconds: who asks to wait longer than all tries together is not waited for
_JITTER = np.random.default_rng()
_SECONDS = re.compile(r"\s*\d{1,9}(\.\d*)?\s*")


def tries(retries: Retry) -> int:
    """How often a request is sent at most."""
    counts = [count for count in (retries.total, retries.status) if count is not None]
    return 1 + int(min(counts, default=0))


def asked_to_wait(header: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3; fractions too); None where it says nothing of use.

    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> [asked_to_wait(said, now) for said in ("2", "1.5", "Thu, 01 Jan 2026 00:00:07 GMT", "soon", "-1", "")]
    [2.0, 1.5, 7.0, None, None, None]
    """
    if _SECONDS.fullmatch(header):
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return seconds.total_seconds() if seconds.total_seconds() > 0 else None


def pause(retries: Retry, attempt: int, header: str) -> float | None:
    """Seconds to wait after the `attempt`th try (from 1), at most `retry_after_max`; None where waiting is hopeless."""
    asked = asked_to_wait(header, datetime.now(UTC))
    if asked is None:
        back_off = retries.backoff_factor * 2 ** (attempt - 1) + _JITTER.random() * retries.backoff_jitter
        return float(min(retries.backoff_max, back_off))
    return None if asked > HOPELESS else min(asked, float(retries.retry_after_max))
