"""Whether Python and the libraries that this pair needs are there, in versions that fit."""

import platform
from collections.abc import Collection, Mapping
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from workbench import __version__
from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, fail, ok
from workbench.core import hub
from workbench.core.errors import EncoderError
from workbench.encoders.local_libraries import EXTRA, LIBRARIES

DISTRIBUTION = "lawvault-workbench"
SHOWN = ("torch", "sentence-transformers", "transformers", "lancedb", "streamlit", "huggingface_hub")
ON_DEMAND = ("modelscope-hub",)  # shown where the pair needs it


def check(case: Case) -> Findings:
    lacking = _lacking(case)
    demands = demanded(extras=_extras(case))
    versions = {"Python": platform.python_version()}
    versions |= {name: _version(name) for name in (*SHOWN, *demands) if name != "Python"}
    fitting = {name for name, number in versions.items() if _fits(number, demands.get(name))}
    named = ("Python", *SHOWN, *(name for name in ON_DEMAND if name in demands))
    shown = ", ".join(f"{name} {versions[name]}" for name in named if name in fitting)
    yield ok("installed", f"workbench {__version__}, {shown}")
    if lacking:
        yield fail("installed", f"{lacking.subject} {lacking.found}", lacking.remedy)
    for name, number in versions.items():
        told = lacking is not None and name in LIBRARIES and not number
        if name not in fitting and name in demands and not told:
            yield _misfit(name, number, demands[name])


def demanded(*, extras: Collection[str]) -> Mapping[str, SpecifierSet]:
    """Library -> the versions that fit, with those of these extras."""
    demands = {"Python": SpecifierSet(metadata(DISTRIBUTION)["Requires-Python"])}
    for requirement in map(Requirement, requires(DISTRIBUTION) or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            demands[requirement.name] = requirement.specifier
    return demands


def _extras(case: Case) -> set[str]:
    """Those that the pair needs."""
    origins = [encoder.origin for encoder in case.encoders.values()]
    sources = (*case.pair.corpus.sources, *case.pair.training)
    names = [origin.place for origin in origins if origin.kind == "hub"] + [each.path for each in sources]
    local = {EXTRA} if any(origin.kind != "server" for origin in origins) else set()
    return local | {hub.extra_of(name) for name in names if hub.is_prefixed(name)}


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
