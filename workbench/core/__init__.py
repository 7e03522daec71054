"""Records, settings, errors and the small pure things that every other room speaks in."""
