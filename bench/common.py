"""What every job shares: where things lie, timing, hone as a process, made data, quality.

A job (bench/jobs/*.py) is data made once, and peers: functions that get the data, do the work and
return what they measured. Each call happens in a process of its own, started by bench/run.
Nothing heavy is imported at the top of a job: a peer imports what it measures.
"""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HONE = Path(os.environ.get("HONE", ROOT / "build" / "hone"))
CACHE = Path(os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "hone-bench"))
THREADS = int(os.environ.get("THREADS", "2"))
QUICK = os.environ.get("BENCH_QUICK") == "1"


@dataclass
class Measure:
    """One column of a job's table. `better` is "less" or "more" where hone is compared with peers."""
    key: str
    title: str
    better: str = ""


FIT = Measure("fit", "fit s", "less")
PREDICT = Measure("predict", "predict s", "less")
WALL = Measure("wall", "process s")
PEAK = Measure("peak", "peak MB")
SIZE = Measure("size", "model MB")


@dataclass
class Job:
    name: str
    title: str
    what: str        # what is measured, with which settings
    data: callable   # makes the data, or finds it made; returns what peers get
    peers: dict      # name: function(data) -> {measure: value, "version": text}
    measures: list
    warm: bool = False  # throw the first round away


# ---- time and memory ------------------------------------------------------------------------

def timed(f, *args):
    start = time.perf_counter()
    result = f(*args)
    return result, time.perf_counter() - start


def median(values):
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def each_call(f, items, seconds=2.0):
    """Microseconds of f(item), called one after the other over the items: {median, p99}."""
    clock, spent = time.perf_counter_ns, []
    for item in items[:200]:
        f(item)
    end = clock() + int(seconds * (0.3 if QUICK else 1) * 1e9)
    while clock() < end:
        for item in items:
            start = clock()
            f(item)
            spent.append((clock() - start) / 1e3)
            if clock() > end:
                break
    spent.sort()
    return {"median": median(spent), "p99": spent[int(0.99 * (len(spent) - 1))]}


def peak_mb(who=resource.RUSAGE_SELF):
    return resource.getrusage(who).ru_maxrss / 1024


# ---- hone as a process ----------------------------------------------------------------------

def hone(*args):
    """Runs the program with --json; its answer, with "wall" seconds and "peak" MB added.

    A process is charged its parent's size at least, so callers import numpy after this, not before."""
    command = [str(HONE), *map(str, args), "--json", "--threads", str(THREADS)]
    run, wall = timed(lambda: subprocess.run(command, capture_output=True, text=True))
    if run.returncode:
        raise RuntimeError(f"hone {args[0]}: exit {run.returncode}: {run.stderr.strip()[-300:]}")
    return dict(json.loads(run.stdout), wall=wall, peak=peak_mb(resource.RUSAGE_CHILDREN))


def train(folder, path, target, task, model, steps=()):
    """Trains `model` ({kind: params}) on all rows of a file, with these steps only."""
    recipe = {"data": {"path": str(path)}, "roles": {"target": target, "task": task}, "split": {"test": 0},
              "steps": list(steps), "model": model, "seed": 1}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    return hone("train", "--recipe", folder / "recipe.json", "-o", folder / "m.hone")


def train_and_predict(d, target, task, model):
    """What most jobs want of hone: fit on d["train"], answer d["test"]. The answers come as a file."""
    folder = scratch()
    trained = train(folder, d["train"], target, task, model)
    answered = hone("predict", folder / "m.hone", d["test"], "-o", folder / "out.csv")
    return {"version": hone_version(), "fit": trained["seconds"]["fit"], "wall": trained["wall"],
            "predict": answered["seconds"]["predict"], "peak": max(trained["peak"], answered["peak"]),
            "size": megabytes(folder / "m.hone"), "prepare": trained["seconds"]["prepare"],
            "read": trained["seconds"]["read"]}, folder / "out.csv"


def native(*args):
    """bench/native.c: hone through its C API, and a loop that starts processes."""
    run = subprocess.run([str(HONE.parent / "bench-native"), *map(str, args)], capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip()[-300:])
    return json.loads(run.stdout)


def build_native():
    out = HONE.parent / "bench-native"
    subprocess.run(["cc", "-O2", "-Wall", "-Werror", f"-I{ROOT}/include", str(ROOT / "bench" / "native.c"), "-o", str(out),
                    str(HONE.parent / "libhone.so"), f"-Wl,-rpath,{HONE.parent.resolve()}"], check=True)


def hone_version():
    return subprocess.run([str(HONE), "--version"], capture_output=True, text=True).stdout.split()[-1]


# ---- files ----------------------------------------------------------------------------------

_scratch = []


def scratch():
    """A folder of this process, gone when it ends."""
    _scratch.append(tempfile.TemporaryDirectory(prefix="hone-bench-"))
    return Path(_scratch[-1].name)


def megabytes(path):
    return os.path.getsize(path) / 1e6


def scale(n):
    return n // 10 if QUICK else n


def made(name, make):
    """CACHE/name, a folder filled once by make(folder)."""
    folder = CACHE / (name + ("-quick" if QUICK else ""))
    if not folder.exists():
        part = CACHE / f".{folder.name}.{os.getpid()}"
        part.mkdir(parents=True)
        try:
            make(part)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def arrays(name, make):
    """X, y, Xt, yt of make() as .npy, and the same rows as Parquet for hone: train (target y) and test."""
    def write(folder):
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq
        a = dict(zip(("X", "y", "Xt", "yt"), make()))
        for key, value in a.items():
            np.save(folder / key, value)
        columns = [f"f{j}" for j in range(a["X"].shape[1])]
        rows = lambda x: pa.table({c: np.ascontiguousarray(x[:, j]) for j, c in enumerate(columns)})
        pq.write_table(rows(a["X"]).append_column("y", pa.array(a["y"])), folder / "train.parquet")
        pq.write_table(rows(a["Xt"]), folder / "test.parquet")
    folder = made(name, write)
    return {"train": folder / "train.parquet", "test": folder / "test.parquet",
            **{k: folder / f"{k}.npy" for k in ("X", "y", "Xt", "yt")}}


def load(d, *keys):
    import numpy as np
    return [np.load(d[k]) for k in keys]


def column(path, name):
    """One column of the answers that hone wrote."""
    import pyarrow.csv
    return pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(include_columns=[name]))[name].to_numpy()


def class_columns(path, k):
    import numpy as np
    return np.column_stack([column(path, f"probability_{j}") for j in range(k)])


# ---- quality --------------------------------------------------------------------------------

def auc(y, score):
    import numpy as np
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    n1 = int((y == 1).sum())
    return float((rank[y == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * (len(y) - n1)))


def log_loss(y, p):
    """p: rows x classes, or the probability of class 1."""
    import numpy as np
    p = np.column_stack([1 - p, p]) if p.ndim == 1 else p
    return float(-np.log(np.clip(p[np.arange(len(y)), y], 1e-15, 1)).mean())


def rmse(y, p):
    return float(((y - p) ** 2).mean() ** 0.5)


# ---- data for more than one job -------------------------------------------------------------

def collider(n, seed):
    """28 float32 columns as a particle detector gives: 21 measured (some skewed, some counts) and 7
    derived from them; returns them with a signal between about -4 and 4 that depends on products,
    thresholds and waves, so trees need depth and a straight line is not enough."""
    import numpy as np
    r = np.random.default_rng(seed)
    z = r.standard_normal((n, 21), dtype=np.float32)
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
    signal = (1.5 * np.sin(1.5 * x[:, 22]) - 1.2 * (np.abs(x[:, 26] - 2) < 0.6) + 0.9 * z[:, 7] * (z[:, 9] > 0)
              - 0.8 * x[:, 25] + 0.5 * x[:, 3] * (z[:, 10] > 0.3) + 0.7 * np.cos(z[:, 1] + z[:, 15]) + 0.6 * (x[:, 24] < 1))
    return x, signal - signal.mean()


def collider_classes(n, n_test, seed):
    import numpy as np
    x, signal = collider(n + n_test, seed)
    y = (np.random.default_rng(seed + 1).random(n + n_test) < 1 / (1 + np.exp(-1.5 * signal))).astype(np.int64)
    return x[:n], y[:n], x[n:], y[n:]
