"""Whether Python and the libraries that this pair needs are there, in versions that fit."""

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from workbench import __version__
from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, fail, ok
from workbench.core.errors import EncoderError
from workbench.encoders.local_libraries import EXTRA, LIBRARIES

DISTRIBUTION = "lawvault-workbench"
SHOWN = ("torch", "sentence-transformers", "transformers", "lancedb", "streamlit", "huggingface_hub")


def check(case: Case) -> Findings:
    lacking = _lacking(case)
    demands = demanded(local=_is_local(case))
    versions = {"Python": platform.python_version()}
    versions |= {name: _version(name) for name in (*SHOWN, *demands) if name != "Python"}
    fitting = {name for name, number in versions.items() if _fits(number, demands.get(name))}
    shown = ", ".join(f"{name} {versions[name]}" for name in ("Python", *SHOWN) if name in fitting)
    yield ok("installed", f"workbench {__version__}, {shown}")
    if lacking:
        yield fail("installed", f"{lacking.subject} {lacking.found}", lacking.remedy)
    for name, number in versions.items():
        told = lacking is not None and name in LIBRARIES and not number
        if name not in fitting and name in demands and not told:
            yield _misfit(name, number, demands[name])


def demanded(*, local: bool) -> Mapping[str, SpecifierSet]:
    """Library -> the versions that fit; `local`: with those of the extra that encodes on this machine."""
    demands = {"Python": SpecifierSet(metadata(DISTRIBUTION)["Requires-Python"])}
    extras = ("", EXTRA) if local else ("",)
    for requirement in map(Requirement, requires(DISTRIBUTION) or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            demands[requirement.name] = requirement.specifier
    return demands


def _is_local(case: Case) -> bool:
    return any(encoder.origin.kind != "server" for encoder in case.encoders.values())


def _lacking(case: Case) -> EncoderError | None:
    """What the first system says that lacks a library."""
    for encoder in case.encoders.values():
        try:
            encoder.check_installed()
        except EncoderError as fault:
            return fault
    return None


def _misfit(name: str, number: str, demand: SpecifierSet) -> Finding:
    wanted = f"{name}{demand}"
    remedy = "install a newer Python" if name == "Python" else f"pip install '{wanted}'"
    return fail("installed", f"{name} {number or 'is missing'}; wanted: {wanted}", remedy)


def _fits(number: str, demand: SpecifierSet | None) -> bool:
    return bool(number) and (demand is None or demand.contains(number, prereleases=True))


def _version(name: str) -> str:
    """Empty where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
