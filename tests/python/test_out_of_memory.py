"""Memory that runs out under the package: each allocation of hone's extension fails in turn. What comes of it is an
error that says so, or the right answer; never a crash; and the same objects work afterwards."""

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from program import PENGUINS, plain_environment

HERE = Path(__file__).parent
NAMES = ["matrix", "sparse", "arrow", "read", "train", "predict", "rows", "bytes", "fit", "answers", "transform", "update",
         "profile", "split"]


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    if platform.libc_ver()[0] != "glibc" or os.environ.get("LD_PRELOAD"):
        pytest.skip("only where malloc can stand before glibc's")
    path = tmp_path_factory.mktemp("shim") / "failing.so"
    subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-std=gnu17", "-O1", "-fPIC", "-shared",
                    str(HERE / "failing_malloc.c"), "-o", str(path)], check=True)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_each_allocation_fails(shim, name):
    done = subprocess.run([sys.executable, str(HERE / "out_of_memory.py"), name, str(PENGUINS)], capture_output=True,
                          text=True, timeout=300, env=plain_environment(LD_PRELOAD=str(shim), PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-4000:])
    tried, told = map(int, done.stdout.split())
    assert tried >= 2 and told > tried // 4, done.stdout
