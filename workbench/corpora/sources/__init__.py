"""Sources of articles: one module each."""
