"""The lock of an index in object storage: an object that only one builder can make, and renews while it lives.

It is made and renewed by conditional writes (If-None-Match, If-Match), as LanceDB's own commits are. Ages are taken by the
storage's clock alone, so that no two machines have to agree on the time.
"""

import getpass
import json
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any

from obstore import delete, get, head, put
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from workbench.core.errors import IndexFault, StorageFault
from workbench.index.faults_of_storage import storage_fault
from workbench.index.storage import object_store

NAME, CLOCK = "building.lock", "building.clock"
BEAT = 20.0  # seconds between two signs of life
_FAULTS = (BaseError, OSError)  # obstore gives some as Python's own
DEAD_AFTER = 120.0  # seconds without one after which a build counts as killed


class LockObject:
    """Held within `with`; an IndexFault names who holds it instead, a StorageFault says why nobody can."""

    def __init__(self, uri: str, beat: float = BEAT, dead_after: float = DEAD_AFTER) -> None:
        self._uri, self._beat, self._dead_after = uri, beat, dead_after
        self._store = object_store(uri)
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._owner = f"{_user()}@{socket.gethostname()}, process {os.getpid()}"
        self._version: Any = None
        self._renewed, self._lost = monotonic(), False
        self._ended = Event()
        self._thread = Thread(target=self._live, daemon=True)

    def __enter__(self) -> "LockObject":
        try:
            self._take()
        except _FAULTS as fault:
            raise self._told(fault) from fault
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        # a lock that cannot be taken away ends by itself; one that is another's by now stays
        with suppress(*_FAULTS):
            self._write({"e_tag": self._version["e_tag"]})
            delete(self._store, NAME)

    def check(self) -> None:
        """An IndexFault where the lock is another's by now: this build was away for too long."""
        try:
            self._lost = self._lost or head(self._store, NAME)["e_tag"] != self._version["e_tag"]
        except FileNotFoundError:
            self._lost = True
        except _FAULTS as fault:
            raise self._told(fault) from fault
        if self._lost:
            raise IndexFault(
                self._uri,
                f"was left without a sign of life for {self._dead_after:.0f} s, and another build has begun",
                remedy="run `workbench index build` again when that is done; the vectors made so far are kept",
            )

    def _take(self) -> None:
        try:
            self._write("create")
        except (AlreadyExistsError, PreconditionError):
            self._take_over()

    def _take_over(self) -> None:
        """In the place of a build that was killed; an IndexFault where it lives."""
        try:
            found = get(self._store, NAME)
            record = json.loads(bytes(found.bytes()))
        except FileNotFoundError:  # gone meanwhile
            self._write("create")
            return
        except ValueError:  # no record of ours
            record = {}
        silent = self._age(found.meta["last_modified"])
        if silent < self._dead_after:
            raise self._busy(record, silent)
        try:
            self._write({"e_tag": found.meta["e_tag"]})
        except PreconditionError:  # another was faster, or it lives after all
            raise self._busy(record, 0) from None

    def _age(self, modified: datetime) -> float:
        """Seconds since then, by the storage's clock."""
        put(self._store, CLOCK, b"")
        now: datetime = head(self._store, CLOCK)["last_modified"]
        delete(self._store, CLOCK)
        return (now - modified) / timedelta(seconds=1)

    def _busy(self, record: dict[str, str], silent: float) -> IndexFault:
        owner, since = record.get("owner", "somebody"), record.get("since", "an unknown time")
        return IndexFault(
            self._uri,
            f"is being built by {owner}, since {since} (last sign of life {silent:.0f} s ago)",
            remedy="wait until that build is done; if it was killed, its lock ends "
            f"{self._dead_after:.0f} s after the last sign of life",
        )

    def _write(self, mode: Any) -> None:
        record = json.dumps({"owner": self._owner, "since": self._since, "beat": str(monotonic())})
        self._version = put(self._store, NAME, record.encode(), mode=mode, use_multipart=False)
        self._renewed = monotonic()

    def _live(self) -> None:
        while not self._ended.wait(self._beat):
            try:
                self._write({"e_tag": self._version["e_tag"]})
            except (PreconditionError, FileNotFoundError):
                self._lost = True
                return
            except _FAULTS:  # the connection may come back before the lock ends
                self._lost = monotonic() - self._renewed > self._dead_after

    def _told(self, fault: Exception) -> StorageFault:
        return storage_fault(self._uri, fault) or StorageFault(
            self._uri,
            "the storage does not take a lock, without which two builds would destroy each other's index",
            wanted="conditional writes (If-None-Match)",
            remedy="take a storage that has them, or a folder, as `uri` of [index]",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a name for its user
        return "somebody"
