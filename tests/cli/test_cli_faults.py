"""What goes wrong is said with file, line or column, and nothing is left behind or overwritten."""

import os
import resource
import signal
import subprocess
import time

import pytest

from program import FAST, HONE, PENGUINS, plain_environment, refused, run

ROWS = "".join(f"{i},{i % 7},{'yes' if i % 3 else 'no'}\n" for i in range(40))
TABLE = "a,b,y\n" + ROWS


@pytest.fixture
def place(tmp_path):
    """A folder with a model that is not to be touched."""
    (tmp_path / "m.hone").write_bytes(b"the old model")
    return tmp_path


def fails(place, text, code, *says, target="y"):
    """Training on this text is refused, says so, and leaves the folder as it was."""
    (place / "t.csv").write_text(text)
    message = refused(code, "train", place / "t.csv", "--target", target, *FAST, "-o", place / "m.hone")
    for words in says:
        assert words in message, message
    assert (place / "m.hone").read_bytes() == b"the old model"
    assert sorted(os.listdir(place)) == ["m.hone", "t.csv"]


def test_missing_file(place):
    message = refused(3, "train", place / "nowhere.csv", "--target", "y", "-o", place / "m.hone")
    assert "nowhere.csv" in message
    assert os.listdir(place) == ["m.hone"]


def test_empty_file(place):
    fails(place, "", 3, "t.csv")


def test_header_without_rows(place):
    fails(place, "a,b,y\n", 3, "t.csv")


def test_ragged_line(place):
    fails(place, TABLE + "1,2,yes,4,5\n", 3, "t.csv", "42")


def test_target_that_is_not_there(place):
    fails(place, TABLE, 3, "'yy'", "'y'", target="yy")


def test_target_of_one_value(place):
    fails(place, TABLE.replace("no", "yes"), 3, "'y'", "one value")


def test_target_without_values(place):
    fails(place, "a,b,y\n" + "".join(f"{i},{i % 7},\n" for i in range(40)), 3, "'y'")


def test_column_without_values(place):
    fails(place, "a,b,y\n" + "".join(f"{i % 9},,{'yes' if i % 3 else 'no'}\n" for i in range(40)), 3, "'b'", "--ignore")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "t.csv").write_text("a,tenure,y\n" + "".join(f"{i % 11}.5,{i % 7},{'yes' if i % 3 else 'no'}\n" for i in range(60)))
    assert run("train", folder / "t.csv", "--target", "y", *FAST, "-o", folder / "m.hone").returncode == 0
    return folder / "m.hone"


@pytest.mark.parametrize("text, words", [
    ("a,tenure\n1.5,2\nmany,3\n", ["'a'", "row 2", "'many'"]),
    ("a,tenure,extra\n1,2,3\n", ["'extra'", "--extra"]),
    ("a\n1\n", ["'tenure'"]),
    ("a,tenur\n1,2\n", ["'tenur'", "'tenure'"]),
])
def test_rows_that_the_model_does_not_take(trained, tmp_path, text, words):
    (tmp_path / "new.csv").write_text(text)
    message = refused(3, "predict", trained, tmp_path / "new.csv", "-o", tmp_path / "out.csv")
    for word in words:
        assert word in message, message
    assert os.listdir(tmp_path) == ["new.csv"]


def test_disk_that_is_full(place):
    """The system's limit on file size stands for a full disk: writing fails half-way."""
    done = run("train", PENGUINS, "--target", "species", *FAST, "-o", place / "m.hone",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert "m.hone" in done.stderr
    assert (place / "m.hone").read_bytes() == b"the old model"
    assert os.listdir(place) == ["m.hone"]


def test_interrupt_in_the_middle_of_training(place):
    table = place / "t.csv"
    with table.open("w") as f:
        f.write("a,b,c,y\n")
        for i in range(200000):
            f.write(f"{i * 7919 % 10007},{i * 104729 % 9973},{i % 101},{i * 31 % 97}.5\n")
    process = subprocess.Popen([HONE, "train", table, "--target", "y", "--model", "random_forest", "--set",
                                "n_estimators=5000", "-o", place / "m.hone"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=plain_environment())
    time.sleep(2)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 4, said
    assert (place / "m.hone").read_bytes() == b"the old model"
    assert sorted(os.listdir(place)) == ["m.hone", "t.csv"]


def test_standard_files_that_are_closed(place):
    """The model must not get the number of standard error, and messages with it."""
    def close(*numbers):
        return lambda: [os.close(n) for n in numbers]

    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        done = subprocess.run([HONE, "train", PENGUINS, "--target", "species", *FAST, "-o", place / "m.hone"], timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=plain_environment(), preexec_fn=close(*closed))
        assert done.returncode == (4 if 1 in closed else 0), closed  # what it says of the model can't be written
        assert run("show", place / "m.hone").returncode == 0
    assert "standard input" in refused(4, "train", "-", "--target", "y", preexec_fn=close(0))


PAGES = [("evaluate", "MODEL", PENGUINS, "--errors", "3", "--report"), ("compare", "MODEL", "MODEL", PENGUINS, "--report"),
         ("compare", PENGUINS, "--target", "species", "--models", "logistic,decision_tree", "--report"),
         ("curve", PENGUINS, "--target", "species", "--model", "decision_tree", "--rounds", "2", "--report"),
         ("show", "MODEL", "--drawing")]
PAGE_IDS = ["evaluate", "compare models", "compare kinds", "curve", "drawing"]


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    path = tmp_path_factory.mktemp("grown") / "tree.hone"
    assert run("train", PENGUINS, "--target", "species", "--model", "decision_tree", "-o", path).returncode == 0
    return path


@pytest.mark.parametrize("words", PAGES, ids=PAGE_IDS)
def test_pages_on_a_disk_that_is_full(place, grown, words):
    words = [grown if w == "MODEL" else w for w in words]
    full = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))}
    for name in ("m.hone", "new.html"):  # over something, and anew
        assert name in refused(4, *words, place / name, **full)
        assert (place / "m.hone").read_bytes() == b"the old model"
        assert os.listdir(place) == ["m.hone"]
    assert "no/such" in refused(4, *words, place / "no/such/page.html")
    with open("/dev/full", "w") as nowhere:
        for more in ([], ["--json"]):
            done = subprocess.run([HONE, *map(str, words[:-1]), *more], stdout=nowhere, stderr=subprocess.PIPE, text=True,
                                  env=plain_environment(), timeout=120) if words[-1] == "--report" else None
            assert done is None or (done.returncode == 4 and "standard output" in done.stderr), done.stderr


@pytest.fixture(scope="module")
def long_table(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "t.csv"
    with path.open("w") as f:
        f.write("a,b,c,y\n")
        for i in range(60000):
            f.write(f"{i * 7919 % 10007},{i * 104729 % 9973},{i % 101},{i * 31 % 97}.5\n")
    return path


@pytest.mark.parametrize("words", [("curve", "--model", "random_forest", "--set", "n_estimators=2000", "--report"),
                                   ("compare", "--models", "random_forest,extra_trees,gbdt", "--report")],
                         ids=["curve", "compare"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_signals_in_the_middle_of_comparing(place, long_table, words, number):
    process = subprocess.Popen([HONE, words[0], long_table, "--target", "y", *words[1:], place / "m.hone"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=plain_environment())
    time.sleep(1)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 4 and "stopped by a signal" in said, said
    assert (place / "m.hone").read_bytes() == b"the old model"
    assert os.listdir(place) == ["m.hone"]


def test_killed_while_it_writes(place):
    """Whenever it dies, under the model's name stands the old model or the new one, whole."""
    words = [HONE, "train", PENGUINS, "--target", "species", "--model", "random_forest", "-o", place / "m.hone"]
    start = time.perf_counter()
    assert subprocess.run(words, env=plain_environment(), capture_output=True, timeout=120).returncode == 0
    whole, kept = time.perf_counter() - start, (place / "m.hone").read_bytes()
    for i in range(5):
        (place / "m.hone").write_bytes(b"the old model")
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=plain_environment())
        deadline = time.perf_counter() + 10 * whole + 10
        # at the first sight of the temporary, and a little later each time
        while process.poll() is None and len(os.listdir(place)) == 1 and time.perf_counter() < deadline:
            time.sleep(0.0005)
        time.sleep(0.001 * i)
        process.kill()
        process.wait()
        assert (place / "m.hone").read_bytes() in (b"the old model", kept)
        for name in set(os.listdir(place)) - {"m.hone"}:
            assert name.startswith(".m.hone.") and name.endswith(".tmp")
            (place / name).unlink()
