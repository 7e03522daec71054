"""Ways to share work among processes and machines; Ray is imported where a run asks for it, and not before."""

from importlib import import_module

from workbench.core.errors import EngineError


def check_ray_installed() -> None:
    """An EngineError where Ray is not there."""
    try:
        import_module("ray.exceptions")
    except ImportError as fault:
        found = "is not installed on this machine"
        raise EngineError("Ray", found, remedy="pip install 'lawvault-workbench[ray]'") from fault
