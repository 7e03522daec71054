"""A bound for each wait and each repetition: libraries of hubs set no limit to some, or ask for a broken file without end."""

import re
from collections import Counter
from collections.abc import Mapping


class GaveUp(Exception):
    """It is no use to wait longer; says what the hub did."""


class Watch:
    """Told of each request and each answer, from any thread; `limit`: seconds to wait for an answer.

    `tries`: requests for the same bytes before a hub counts as out of reach; `gave_up`: what is raised then.
    """

    def __init__(self, limit: float, *, tries: int = 2, gave_up: type[GaveUp] = GaveUp) -> None:
        self.limit, self.gave_up = limit, gave_up
        self._tries, self._why = tries, ""
        self._asked, self._heard = Counter[tuple[str, ...]](), dict[str, int]()

    def ask(self, method: str, url: str, part: str) -> None:
        """Before a request; `part`: the range of bytes that it is for, empty for all."""
        same = (method, url, part)
        self._asked[same] += 1
        if self._why or self._asked[same] > self._tries:
            status = self._heard.get(method + url, 0)
            stopped = (
                "stopped or broke off in the middle of a file"
                if status
                else f"gave no answer to {self._tries} requests"
            )
            self._give_up(f"answers {status}" if status >= 400 else stopped)

    def hear(self, method: str, url: str, status: int, headers: Mapping[str, str]) -> None:
        """After the head of an answer."""
        self._heard[method + url] = status
        wait = re.search(r"\bt=(\d+)", headers.get("ratelimit", "")) or re.match(
            r"(\d+)", headers.get("retry-after", "")
        )
        if status >= 400 and wait and int(wait[1]) > self.limit:
            self._give_up(f"answers {status} and wants to be left alone for {wait[1]} s")

    def _give_up(self, why: str) -> None:
        self._why = self._why or why
        raise self.gave_up(self._why)
