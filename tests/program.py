"""The program as a process: its words, its answers, its exit codes; and where tests find things."""

import functools
import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build"))
HONE = os.environ.get("HONE", str(BUILD / "hone"))
SHARED = Path(os.environ.get("HONE_SHARED", ROOT.parent / "shared"))  # real data; tests skip without it
PENGUINS = ROOT / "examples" / "penguins.csv"
FAST = ["--model", "logistic", "--threads", "2"]


@functools.cache
def is_sanitized():
    """Built for the address sanitizer, which takes terabytes of addresses, and must be in a process from its start."""
    return b"__asan_init" in Path(HONE).read_bytes()


PACKAGE_IS_REFUSED = "the package of this build runs in a Python with the sanitizer only: scripts/sanitize python"


def is_package_refused():
    return is_sanitized() and "libasan" not in os.environ.get("LD_PRELOAD", "")


def plain_environment(**more):
    """No colours, 80 columns, UTF-8, whatever the caller's terminal is."""
    keep = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LC_ALL", "LC_CTYPE")}
    return {**keep, "LANG": "C.UTF-8", "TERM": "xterm", **more}


def run(*words, env=None, **more):
    """The finished process, whatever its exit code."""
    more.setdefault("stdin", None if "input" in more else subprocess.DEVNULL)
    if more["stdin"] is None:
        del more["stdin"]
    return subprocess.run([HONE, *map(str, words)], capture_output=True, text=True, timeout=300,
                          env=env or plain_environment(), **more)


def good(*words, **more):
    """Standard output of a process that must succeed."""
    done = run(*words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def as_json(*words, **more):
    """The one JSON object that --json prints."""
    end = words.index("--") if "--" in words else len(words)
    done = run(*words[:end], "--json", *words[end:], **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(code, *words, **more):
    """Message of a process that must fail with this exit code, saying it once more as JSON."""
    done = run(*words, **more)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("hone"), done.stderr
    assert ": error: " in done.stderr
    assert "Traceback" not in done.stderr and "Assertion" not in done.stderr
    return done.stderr.strip()
