"""--memory: tables larger than what may be kept in memory, with the same results."""

import os
import resource
import subprocess
import sys

import pytest

from program import HONE, as_json, good, plain_environment, refused

ROWS = 300_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """115 MB as columns."""
    path = tmp_path_factory.mktemp("large") / "large.arrow"
    good("data", "gen", "classification", "--set", f"n_samples={ROWS}", "--set", "n_features=48", "-o", path)
    return path


def peak_mb(*words):
    """Most memory that the program held at once, by its own measure."""
    code = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
            "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)")
    out = subprocess.run([sys.executable, "-c", code, HONE, *map(str, words)], capture_output=True, text=True,
                         env=plain_environment(), timeout=300)
    status, peak = map(int, out.stdout.split())
    assert status == 0, out.stderr
    return peak


@pytest.mark.parametrize("model", ["gbdt:n_estimators=5", "sgd:max_iter=2", "gaussian_bayes", "kmeans:n_clusters=3"])
def test_train_beyond_memory(large, tmp_path, model):
    kind, _, setting = model.partition(":")
    words = ["train", large, "--model", kind, "--seed", "3", *(["--set", setting] if setting else []),
             *(["--task", "cluster", "--ignore", "y"] if kind == "kmeans" else ["--target", "y"])]
    good(*words, "-o", tmp_path / "free.hone")
    peak = peak_mb(*words, "-o", tmp_path / "kept.hone", "--memory", "64M")
    assert (tmp_path / "kept.hone").read_bytes() == (tmp_path / "free.hone").read_bytes()
    assert peak < 200


def test_convert_and_profile_beyond_memory(large, tmp_path):
    good("data", "convert", large, tmp_path / "free.csv")
    peak = peak_mb("data", "convert", large, tmp_path / "kept.csv", "--memory", "64M")
    assert (tmp_path / "kept.csv").read_bytes() == (tmp_path / "free.csv").read_bytes()
    assert peak < 200
    free = as_json("profile", large)
    assert as_json("profile", large, "--memory", "64M") == free


def test_many_columns_of_texts(tmp_path):
    """What a column takes beside its values is some hundred bytes, not pages."""
    n = 100_000
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(",".join(f"{word}{j}" for j in range(n)) for word in ("c", "one", "two", "one")) + "\n")
    assert peak_mb("data", "head", path, "-n", "1") < 400


def test_lists_of_json_beyond_memory(tmp_path):
    """A list is read bit by bit, as rows on lines are, not made room for as one value."""
    path = tmp_path / "list.json"
    row = '{"id": %d, "name": "n%d", "s": "a text of some length that is not the same %d", "v": [1, 2, 3]}'
    path.write_text("[" + ",\n".join(row % (i, i % 9, i) for i in range(180_000)) + "]")
    free = as_json("data", "describe", path)
    assert as_json("data", "describe", path, "--memory", "128M") == free and free["rows"] == 180_000


def test_what_it_may_be(large):
    assert "--memory" in refused(2, "data", "head", large, "--memory", "lots")
    assert "64M at least" in refused(2, "data", "head", large, "--memory", "10M")
    full = plain_environment(TMPDIR="/nowhere")
    said = refused(4, "train", large, "--target", "y", "--model", "gbdt", "--memory", "64M", "-o", os.devnull, env=full)
    assert "TMPDIR" in said and "/nowhere" in said
