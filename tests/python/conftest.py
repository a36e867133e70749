"""The Python package as the build has left it."""

import sys

from program import BUILD

sys.path.insert(0, str(BUILD / "python"))
collect_ignore_glob = [] if list((BUILD / "python/hone").glob("_core*.so")) else ["test_*.py"]
