"""Compare embedding models on Chinese statutes, side by side, on one LanceDB index."""

__version__ = "0.1.0"
