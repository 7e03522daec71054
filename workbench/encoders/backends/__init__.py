"""Ways to encode: one module a backend."""
