"""Query sets: read from any format, resolved to qrels, reviewed, held against what training has seen."""
