"""The Python package as the build has left it."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build"))
sys.path.insert(0, str(BUILD / "python"))
collect_ignore_glob = [] if list((BUILD / "python/hone").glob("_core*.so")) else ["test_*.py"]
