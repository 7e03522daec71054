"""Numbers of articles as patterns: ASCII digits and Chinese numerals."""

_DIGITS = "0-9零〇一二两三四五六七八九十百千"

NUMERAL = f"[{_DIGITS}]+"
TYPED_NUMERAL = f"[{_DIGITS}○]+"  # with the circle that some files have for 〇, so that such a number is told
