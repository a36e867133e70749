"""What the system allows the program: few open files, small stacks, little address space, one processor, a folder for
temporary files that is small. It does its work or says in a sentence what it lacks, and leaves nothing behind."""

import os
import resource
import signal
import subprocess
import time

import pytest

from program import FAST, HONE, PENGUINS, good, is_sanitized, plain_environment, refused, run

WORDS = ["train", PENGUINS, "--target", "species", *FAST]
MEGA = 1 << 20


def limit(which, size):
    return {"preexec_fn": lambda: resource.setrlimit(which, (size, size))}


def clean(done, folder):
    """It worked, or said why not; no crash."""
    assert done.returncode in (0, 3, 4), (done.returncode, done.stderr)
    if done.returncode:
        assert "error: " in done.stderr and len(done.stderr) > 40, done.stderr
        assert os.listdir(folder) == [], os.listdir(folder)
    return done.returncode == 0


def little_addresses(megabytes):
    if is_sanitized():
        pytest.skip("the sanitizer takes terabytes of addresses for itself")
    return limit(resource.RLIMIT_AS, megabytes * MEGA)


def test_few_open_files(tmp_path):
    good(*WORDS, "-o", tmp_path / "m.hone", **limit(resource.RLIMIT_NOFILE, 16))
    os.remove(tmp_path / "m.hone")
    for n in (5, 6, 7):  # with fewer the loader itself fails
        if not clean(run(*WORDS, "-o", tmp_path / "m.hone", **limit(resource.RLIMIT_NOFILE, n)), tmp_path):
            continue
        os.remove(tmp_path / "m.hone")


@pytest.mark.parametrize("kind", ["gbdt", "random_forest", "logistic", "knn", "svm", "decision_tree", "gaussian_process"])
def test_small_stacks(kind, tmp_path):
    """Threads get as much as the main one may take."""
    good(*WORDS[:4], "--model", kind, "--threads", "3", "-o", tmp_path / "m.hone", **limit(resource.RLIMIT_STACK, 256 << 10))
    good("predict", tmp_path / "m.hone", PENGUINS, **limit(resource.RLIMIT_STACK, 256 << 10))


@pytest.mark.parametrize("words", [WORDS, ["profile", PENGUINS], ["data", "sql", f"select * from '{PENGUINS}' limit 3"]],
                         ids=["train", "profile", "sql"])
def test_little_address_space(words, tmp_path):
    out = ["-o", tmp_path / "out.hone"] if words[0] == "train" else []
    for megabytes in (20, 80, 160):
        clean(run(*words, *out, **little_addresses(megabytes)), tmp_path)
    assert clean(run(*words, *out, **little_addresses(4096)), tmp_path)


def test_one_processor(tmp_path):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("no affinity")
    one = {"preexec_fn": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})}
    for threads in ([], ["--threads", "4"]):
        good("train", PENGUINS, "--target", "species", "--model", "gbdt", *threads, "-o", tmp_path / f"{len(threads)}.hone", **one)
    assert (tmp_path / "0.hone").read_bytes() == (tmp_path / "2.hone").read_bytes()


# ---- spilling ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "large.arrow"
    good("data", "gen", "classification", "--set", "n_samples=150000", "--set", "n_features=48", "-o", path)
    return path


SPILLS = ["--target", "y", "--model", "random_forest", "--set", "n_estimators=2000", "--memory", "64M"]


def test_no_room_to_spill(large, tmp_path):
    """A limit on files stands for a small disk: it is met when the file is made, or grows."""
    spool = tmp_path / "spool"
    spool.mkdir()
    env = plain_environment(TMPDIR=str(spool))
    for megabytes in (1, 70):
        said = refused(4, "train", large, *SPILLS, "-o", tmp_path / "m.hone", env=env,
                       **limit(resource.RLIMIT_FSIZE, megabytes * MEGA))
        assert "TMPDIR" in said and str(spool) in said, said
        assert os.listdir(tmp_path) == ["spool"] and os.listdir(spool) == []


def test_spilling_in_little_address_space(large, tmp_path):
    """The file is mapped as far as the process may; where it may not at all, that is said, not that the disk is full."""
    good("train", large, "--target", "y", "--model", "gaussian_bayes", "--memory", "64M", "-o", tmp_path / "m.hone",
         **little_addresses(3000))
    done = run("train", large, "--target", "y", "--model", "gaussian_bayes", "--memory", "64M", "-o", tmp_path / "n.hone",
               **little_addresses(90))
    assert done.returncode == 4 and "TMPDIR" not in done.stderr, done.stderr
    assert os.listdir(tmp_path) == ["m.hone"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGBUS], ids=lambda n: n.name)
def test_signals_while_it_spills(large, tmp_path, number):
    spool = tmp_path / "spool"
    spool.mkdir()
    process = subprocess.Popen([HONE, "train", large, *SPILLS, "-o", tmp_path / "m.hone"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=plain_environment(TMPDIR=str(spool)))
    deadline = time.monotonic() + 60
    while "(deleted)" not in spilled(process.pid) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None and time.monotonic() < deadline, process.communicate()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 4), said
    words = {signal.SIGKILL: "", signal.SIGBUS: "a page of a mapped file is lost"}.get(number, "stopped by a signal")
    assert words in said
    assert os.listdir(tmp_path) == ["spool"] and os.listdir(spool) == []


def spilled(pid):
    """The mapped files of a process that have no name, or what it has mapped at all."""
    try:
        with open(f"/proc/{pid}/maps") as maps:
            return maps.read()
    except OSError:
        return ""
