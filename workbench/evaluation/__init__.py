"""Exact ranks, measures, comparisons and outcomes of a query set over all systems of a pair."""
