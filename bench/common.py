"""What every job shares: the kinds of things, time and memory, hone as a process, data, quality.

A job (bench/jobs/*.py) is data made once, and peers: functions that get the data, do the work and
return what they measured. Each call happens in a process of its own, started by bench/run.
Nothing heavy is imported at the top of a file: a peer imports what it measures.
"""
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HONE = Path(os.environ.get("HONE", ROOT / "build" / "hone")).resolve()
CACHE = Path(os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "hone-bench"))
THREADS = int(os.environ.get("THREADS", "2"))
QUICK = os.environ.get("BENCH_QUICK") == "1"
DATA = 1  # one more when made data change, so that those of the cache are not taken for them


@dataclass
class Measure:
    """A column of a job's table. `better` is "less" or "more" where hone is compared with peers."""
    key: str
    title: str
    better: str = ""
    exact: bool = False  # quality: five digits


FIT, PREDICT = Measure("fit", "fit s", "less"), Measure("predict", "predict s", "less")
WALL, PEAK = Measure("wall", "process s"), Measure("peak", "peak MB")
SIZE = Measure("size", "model MB")


def peer(venv="", limit=0):
    """A peer with a Python of its own, so that what it needs does not set the versions of the others: $BENCH_PYTHON_NAME
    or .deps/bench-venv-NAME; and a limit in seconds, after which it is stopped and said not to have answered."""
    def mark(f):
        f.venv, f.limit = venv, limit
        return f
    return mark


@dataclass
class Job:
    name: str
    title: str
    what: str           # what is measured, with which settings
    data: callable      # makes the data or finds it made; returns what peers get
    peers: dict         # name: function(data) -> {"version": text, measure: value}; hone first
    measures: list
    warm: bool = False  # throw the first round away


# ---- time and memory -----------------------------------------------------------------------------

def timed(f, *args):
    """The result of f and its seconds."""
    start = time.perf_counter()
    result = f(*args)
    return result, time.perf_counter() - start


def median(values):
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def each_call(f, items, seconds=0.6 if QUICK else 2):
    """Microseconds of f(item), called over the items again and again."""
    clock, spent, n = time.perf_counter_ns, [], len(items)
    for item in items[:200]:
        f(item)
    end, i = clock() + int(seconds * 1e9), 0
    while (start := clock()) < end:
        f(items[i % n])
        spent.append((clock() - start) / 1e3)
        i += 1
    return {"median": median(spent), "p99": sorted(spent)[int(0.99 * (len(spent) - 1))]}


def peak_mb(who=resource.RUSAGE_SELF):
    return resource.getrusage(who).ru_maxrss / 1024


# ---- hone ----------------------------------------------------------------------------------------

def hone(*args):
    """Runs the program; its --json answer, with "wall" seconds and "peak" MB added.

    A process counts its parent's memory as its own peak: import numpy after this, not before."""
    command = [str(HONE), *map(str, args), "--json", "--threads", str(THREADS)]
    run, wall = timed(lambda: subprocess.run(command, capture_output=True, text=True))
    if run.returncode:
        raise RuntimeError(f"hone {args[0]}: exit {run.returncode}: {run.stderr.strip()[-250:]}")
    return dict(json.loads(run.stdout), wall=wall, peak=peak_mb(resource.RUSAGE_CHILDREN))


def train(folder, path, target, task, model, steps=(), ignore=()):
    """Fits `model` ({kind: params}) behind these steps and no others, on all rows of a file."""
    roles = {"task": task, "ignore": list(ignore), **({"target": target} if target else {})}
    recipe = {"data": {"path": str(path)}, "roles": roles,
              "split": {"test": 0}, "steps": list(steps), "model": model, "seed": 1}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    return hone("train", "--recipe", folder / "recipe.json", "-o", folder / "m.hone")


def train_and_predict(d, task, model):
    """Fits on d["train"], answers d["test"]: what was measured, and the file of answers."""
    folder = scratch()
    fitted = train(folder, d["train"], "y", task, model)
    answered = hone("predict", folder / "m.hone", d["test"], "-o", folder / "out.csv")
    return {"version": hone_version(), "fit": fitted["seconds"]["fit"], "wall": fitted["wall"],
            "predict": answered["seconds"]["predict"], "size": megabytes(folder / "m.hone"),
            "peak": max(fitted["peak"], answered["peak"])}, folder / "out.csv"


def library(kind, **params):
    """hone's kind through the library, as the tests take it: arrays in, no file."""
    import sys
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "parity")]
    os.environ.setdefault("HONE_BUILD_DIR", str(HONE.parent))
    from models import Model, catalog
    catalog()  # read once, as a peer's module is imported: before what is timed
    return Model(kind, threads=THREADS, **params)


def python_package():
    """The Python package hone, as built beside the program."""
    import importlib
    import sys
    sys.path.insert(0, str(HONE.parent / "python"))
    return importlib.import_module("hone")


def hone_version():
    return subprocess.check_output([HONE, "--version"], text=True).split()[-1]


def native(*args):
    """bench/native.c: hone through its C API, and a loop that starts processes."""
    command = [str(HONE.parent / "bench-native"), *map(str, args)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip()[-300:])
    return json.loads(run.stdout)


def build_native():
    subprocess.run(["cc", "-O2", "-Wall", "-Werror", f"-I{ROOT / 'include'}",
                    ROOT / "bench" / "native.c", "-o", HONE.parent / "bench-native",
                    HONE.parent / "libhone.so", f"-Wl,-rpath,{HONE.parent}"], check=True)


# ---- files ---------------------------------------------------------------------------------------

_folders = []


def scratch():
    """A folder that goes when this process ends."""
    _folders.append(tempfile.TemporaryDirectory(prefix="hone-bench-"))
    return Path(_folders[-1].name)


def megabytes(path):
    return os.path.getsize(path) / 1e6


def dumped_megabytes(model):
    import joblib
    path = scratch() / "model"
    joblib.dump(model, path)
    return megabytes(path)


def scale(n):
    return n // 10 if QUICK else n


def made(name, make):
    """A folder of the cache, filled once by make(folder)."""
    folder = CACHE / f"data-{DATA}" / (name + "-quick" * QUICK)
    if not folder.exists():
        part = folder.with_name(f".{name}.{os.getpid()}")
        part.mkdir(parents=True)
        try:
            make(part)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def arrays(name, make):
    """X, y, Xt, yt of make() as .npy; as Parquet for hone: train, with y, and test."""
    def write(folder):
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet
        x, y, xt, yt = make()
        for key, value in (("X", x), ("y", y), ("Xt", xt), ("yt", yt)):
            np.save(folder / key, value)
        table = lambda a: pa.table({f"f{j}": a[:, j].copy() for j in range(a.shape[1])})
        pa.parquet.write_table(table(x).append_column("y", pa.array(y)), folder / "train.parquet")
        pa.parquet.write_table(table(xt), folder / "test.parquet")
    folder = made(name, write)
    return {"train": folder / "train.parquet", "test": folder / "test.parquet",
            **{key: folder / f"{key}.npy" for key in ("X", "y", "Xt", "yt")}}


def load(d, *keys):
    import numpy as np
    return [np.load(d[key]) for key in keys]


def answers(path, *columns):
    """Columns of a file that hone wrote."""
    import pyarrow.csv
    only = pyarrow.csv.ConvertOptions(include_columns=columns)
    table = pyarrow.csv.read_csv(path, convert_options=only)
    return [table[c].to_numpy() for c in columns]


# ---- quality -------------------------------------------------------------------------------------

AUC, LOG_LOSS = Measure("auc", "AUC", exact=True), Measure("log_loss", "log loss", exact=True)
ACCURACY, RMSE = Measure("accuracy", "accuracy", exact=True), Measure("rmse", "RMSE", exact=True)


def auc(y, score):
    import numpy as np
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    n1 = int((y == 1).sum())
    return float((rank[y == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * (len(y) - n1)))


def log_loss(y, p):
    """y: class numbers; p: rows x classes."""
    import numpy as np
    return float(-np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1)).mean())


def rmse(y, p):
    return float(((y - p) ** 2).mean() ** 0.5)


# ---- data of more than one job -------------------------------------------------------------------

def collider(n, seed):
    """28 float32 columns as of a particle detector, 21 measured (some skewed, some counts), 7 made
    of them; and a signal of products, thresholds and waves: a straight line is not enough."""
    import numpy as np
    z = np.random.default_rng(seed).standard_normal((n, 21), dtype=np.float32)
    x = np.empty((n, 28), np.float32)
    x[:, :21] = z
    x[:, 0:21:4] = np.exp(0.5 * z[:, 0:21:4])
    x[:, 3:21:5] = np.floor(2 * np.abs(z[:, 3:21:5]))
    x[:, 21] = np.hypot(x[:, 0], x[:, 4])
    x[:, 22] = np.sqrt(2 * x[:, 4] * x[:, 8] * (1 - np.cos(z[:, 1] - z[:, 2])))
    x[:, 23] = np.abs(z[:, 5] * z[:, 6])
    x[:, 24] = x[:, 8] / (x[:, 12] + 0.5)
    x[:, 25] = np.log1p(x[:, 12] * x[:, 16])
    x[:, 26] = np.hypot(x[:, 21], x[:, 23])
    x[:, 27] = np.maximum(x[:, 22], x[:, 26]) * (1 + 0.1 * z[:, 14])
    signal = (1.5 * np.sin(1.5 * x[:, 22]) - 1.2 * (np.abs(x[:, 26] - 2) < 0.6)
              + 0.9 * z[:, 7] * (z[:, 9] > 0) - 0.8 * x[:, 25] + 0.5 * x[:, 3] * (z[:, 10] > 0.3)
              + 0.7 * np.cos(z[:, 1] + z[:, 15]) + 0.6 * (x[:, 24] < 1))
    return x, signal - signal.mean()


def collider_classes(n, n_test, seed):
    import numpy as np
    x, signal = collider(n + n_test, seed)
    chance = 1 / (1 + np.exp(-1.5 * signal))
    y = (np.random.default_rng(seed + 1).random(n + n_test) < chance).astype(np.int64)
    return x[:n], y[:n], x[n:], y[n:]


def collider_100k():
    return arrays("collider-100k", lambda: collider_classes(scale(100_000), scale(100_000), 5))
