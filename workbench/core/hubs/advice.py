"""Every way in which a hub can fail, with what was found and what to do about it."""

import errno
import os

from workbench.core.errors import HubError
from workbench.core.hubs.protocol import Hub, Said, Wanted

_LICENCE = "open {page} and accept the licence"
_AGAIN = "files that are complete are kept, so run it again"
_NETWORK = "check the network, the proxy and {endpoint} and run it again, or name a local folder as `{key}`"

# Kind of fault -> what was found, what to do. In braces: what `Hub.words` says, and `_filled` below.
_ADVICE = {
    "no client": ("cannot be fetched: this machine lacks {library}", "{install}, or name a local folder as `{key}`"),
    "no name": ("is no name of a repository", "write organisation/name, as its page on the hub does"),
    "not listed": ("is gated, and your account is not on its list (403)", f"{_LICENCE} with it; {{right}}"),
    "gated": ("is gated: its licence has to be accepted first ({status})", f"{_LICENCE}, then {{login}} and try again"),
    "disabled": ("has been disabled on the hub ({status})", "choose another one"),
    "no revision": ('has no revision "{revision}" (404)', "name a branch, tag or commit of {page} as `revision`"),
    "nothing": ("has no such file: {said}", "see {page}, and mend `{key}` or `revision`"),
    "missing": ("is not found on {hub} ({status})", "{look}"),
    "lost file": ("lists a file that {hub} does not have (404)", "name another revision of {page} as `revision`"),
    "no token": ("is not given without a valid token (401)", "{look}"),
    "refused": ("is refused (403): a right is lacking, or the licence is not accepted yet", f"{_LICENCE} if it has one; {{right}}"),
    "crowded": ("is not given now: too many requests to {hub} (429)", "wait some minutes; more are allowed after {login}"),
    "out of order": ("is not given: {hub} answers {status}", f"try later: {_AGAIN}"),
    "gave up": ("is not given: {hub} {said}", f"check the network; {_AGAIN} ({{timeout}}: seconds to wait for an answer)"),
    "silent": ("is not given: {hub} gave no answer within {limit} s", _NETWORK),
    "proxy": ("is not given: the proxy refuses", "check HTTPS_PROXY and NO_PROXY and run it again"),
    "unreachable": ("cannot be fetched: no connection to {hub} ({said})", _NETWORK),
    "broke off": ("cannot be fetched: the connection to {hub} broke off", f"check the network; {_AGAIN}"),
    "in part": ("is only in part on this machine, in {folder}", "{elsewhere}"),
    "not here": ("is not on this machine (looked for in {folder}), and {offline} forbids to fetch it", "{elsewhere}"),
    "full": ("cannot be kept: no room is left for {folder}", f"free some, or set {{home}} to a folder on a larger disk; {_AGAIN}"),
    "closed": ("cannot be kept in {folder} ({reason})", "set {home} to a folder that you may write to"),
    "other bytes": (
        "is not given whole: a file has another size than {hub} announced, or another checksum",
        _AGAIN,
    ),
    "strange": (
        "is not given: {hub} does not answer as a hub does ({name})",
        "check {endpoint}, and whether a proxy or a log-in page stands between",
    ),
}  # fmt: skip
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def explained(name: str, hub: Hub, wanted: Wanted, fault: BaseException, limit: float) -> HubError:
    """What to do about an exception that a hub's library raised, of a repository that the user called `name`."""
    said = hub.said(fault)
    found, remedy = _ADVICE[_kind(hub, said)]
    words = dict(hub.words(wanted)) | {
        "key": wanted.key,
        "revision": wanted.revision,
        "status": str(said.status),
        "reason": os.strerror(said.errno),
        "limit": f"{limit:g}",
        "said": said.words,
        "name": said.names[0],
    }
    return HubError(name, found.format(**words), remedy=remedy.format(**words))


def _kind(hub: Hub, said: Said) -> str:
    for name, status, kind in hub.SIGNS:
        if name in said.names and status in (0, said.status):
            return kind
    if said.errno:
        return "full" if said.errno in _FULL else "closed"
    return "strange"
