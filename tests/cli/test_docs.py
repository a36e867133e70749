"""What the docs show is run as it stands and compared with what they show; "..." stands for anything."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from program import (HONE, PACKAGE_IS_REFUSED, PENGUINS, ROOT, as_json, good, is_package_refused, is_sanitized,
                     plain_environment)

BUILD = Path(HONE).resolve().parent
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
INDENTED = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.M)
PAGES = {name: (ROOT / "docs" / name).read_text() for name in ("RECIPE.md", "EVALUATION.md")}
RECIPES = [text for page in PAGES.values() for language, text in FENCED.findall(page) if language == "yaml"]
README = [re.sub("^    ", "", block, flags=re.M).strip() for block in INDENTED.findall((ROOT / "README.md").read_text())]


def steps(block):
    """[(command, what is shown of its output or None)] of a block of commands. Where one begins with "$ ", so do all
    of its commands, and what stands between is output; else each line is a command."""
    if not re.search(r"^\$ ", block, re.M):
        return [(line, None) for line in block.splitlines() if line.strip()]
    parts = re.split(r"^\$ (.*)\n?", block, flags=re.M)[1:]
    return [(command, shown.strip() or None) for command, shown in zip(parts[::2], parts[1::2])]


def matches(shown, output):
    tidy = lambda text: "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.fullmatch(re.escape(tidy(shown)).replace(r"\.\.\.", ".*?"), tidy(output), re.S)


def shell(command, folder, **more):
    env = plain_environment(PATH=f"{BUILD}{os.pathsep}{os.environ['PATH']}", **more)
    return subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)


def run_block(block, folder):
    for command, shown in steps(block):
        done = shell(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        if shown is not None:
            said = done.stdout + done.stderr
            assert matches(shown, said), f"{command}\nshown:\n{shown}\nsaid:\n{said}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the README speaks of."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet
    folder = tmp_path_factory.mktemp("docs")
    (folder / "examples").mkdir()
    shutil.copy(PENGUINS, folder / "examples")
    for name in ("penguins.csv", "test.csv"):
        shutil.copy(PENGUINS, folder / name)
    new = csv.read_csv(PENGUINS)
    csv.write_csv(new.append_column("id", pa.array(range(len(new)))), folder / "new.csv")
    n = 200
    churn = pa.table({"tenure": [i % 50 for i in range(n)], "fee": [i * 7 % 90 for i in range(n)],
                      "Churn": ["yes" if i % 50 < 15 else "no" for i in range(n)]})
    csv.write_csv(churn, folder / "churn.csv")
    numbers = pa.table({"id": list(range(n)), "a": [i * 13 % 31 for i in range(n)], "y": [i * 13 % 31 * 2.5 for i in range(n)]})
    csv.write_csv(numbers, folder / "a.csv")
    parquet.write_table(pa.table({"id": list(range(n)), "total": [i % 9 for i in range(n)]}), folder / "b.parquet")
    parquet.write_table(numbers, folder / "part-1.parquet")
    return folder


def is_run(command):
    return command.startswith("hone ") and not command.startswith("hone serve")


COMMANDS = [block for block in README if any(is_run(command) for command, _ in steps(block))]


def test_there_is_what_is_tested():
    assert len(RECIPES) >= 4 and len(COMMANDS) >= 6
    assert sum(shown is not None for block in README for _, shown in steps(block)) >= 2
    assert matches("a ... c\n...\nz", "a b c  \n1\n2\nz\n") and not matches("a\n...\nb", "a\nc\n")


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_of_the_docs_trains(recipe, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text(recipe)
    done = as_json("train", "--recipe", path, "-o", tmp_path / "m.hone", cwd=ROOT)
    assert done["rows"] == 344
    assert (tmp_path / "m.hone").stat().st_size > 0


def test_readme_from_top_to_bottom(folder):
    good("train", folder / "churn.csv", "--target", "Churn", "--model", "baseline", "-q", "-o", folder / "m.hone")
    for block in COMMANDS:
        run_block(block, folder)


def test_readme_serves(folder):
    block = next(block for block in README if "hone serve" in block)
    (serve, _), *asked = steps(block)
    good("train", PENGUINS, "--target", "species", "--seed", "1", "-q", "-o", folder / "penguins.hone")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen([HONE, *serve.replace("8080", port).split()[1:]], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", int(port))) == 0:
                    break
            time.sleep(0.05)
        for command, shown in asked:
            done = shell(command.replace("curl ", "curl -s ").replace("8080", port), folder)
            assert done.returncode == 0 and matches(shown, done.stdout), done.stdout + done.stderr
    finally:
        server.terminate()
        server.wait(30)


def test_readme_in_python(folder):
    if not list((BUILD / "python/hone").glob("_core*.so")):
        pytest.skip("the Python package is not built here")
    if is_package_refused():
        pytest.skip(PACKAGE_IS_REFUSED)
    code = next(block for block in README if block.startswith("import hone"))
    before = "import numpy as np\nX = np.random.default_rng(1).normal(size=(100, 3))\ny = X[:, 0] > 0\n"
    frame = "frame = __import__('hone').read('penguins.csv')\n"
    good("train", PENGUINS, "--target", "species", "--model", "baseline", "-q", "-o", folder / "penguins.hone")
    done = subprocess.run([sys.executable, "-c", before + frame + code], cwd=folder, capture_output=True, text=True,
                          env=plain_environment(PYTHONPATH=str(BUILD / "python")), timeout=300)
    assert done.returncode == 0, done.stderr


def test_readme_in_c(folder):
    code = next(block for block in README if block.startswith("#include"))
    head, body = code.split("\n\n", 1)
    (folder / "example.c").write_text(f"#include <stdio.h>\n{head}\nint main(void) {{\n{body}\nelse puts(answer);\n}}\n")
    good("train", PENGUINS, "--target", "species", "--seed", "1", "-q", "-o", folder / "penguins.hone")
    library = BUILD / "libhone.so"
    made = subprocess.run([os.environ.get("CC", "cc"), f"-I{ROOT / 'include'}", folder / "example.c", library,
                           *["-fsanitize=address"] * is_sanitized(), "-o", folder / "example"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    done = subprocess.run([folder / "example"], cwd=folder, capture_output=True, text=True,
                          env=plain_environment(LD_LIBRARY_PATH=str(BUILD)))
    assert done.returncode == 0 and '"prediction":' in done.stdout, done.stdout + done.stderr


def test_evaluation_from_top_to_bottom(folder):
    for language, block in FENCED.findall(PAGES["EVALUATION.md"]):
        if language == "sh":
            run_block(block, folder)
