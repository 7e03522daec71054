"""What holds in every process of the tests, before numpy or torch is imported."""

import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"

# Workers of pytest-xdist share the cores; what they start inherits this.
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if workers > 1:
    for name in THREADS:
        os.environ[name] = str(max(1, (os.cpu_count() or 1) // workers))
