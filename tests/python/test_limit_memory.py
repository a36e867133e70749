"""Under a limit of memory: what was made beyond it is handed over and given back, and nothing stays with the process."""

import subprocess
import sys

from program import plain_environment

CODE = """
import gc, os, sys, time
sys.path[:0] = sys.argv[1].split(os.pathsep)
import numpy as np, hone
from hone._data import table

rng = np.random.default_rng(1)
x = rng.normal(size=(40_000, 12))
y = (x[:, 0] + rng.normal(size=len(x)) > 0).astype(int)

def work():
    model = hone.ExtraTreesClassifier(n_estimators=20, n_jobs=2, random_state=1).fit(x, y)
    stored = model._fitted.core.to_bytes()
    made = hone.StandardScaler(n_jobs=2).fit(x)
    page = hone.profile(table(x), threads=2)
    text = hone.train(table(np.c_[x, y]), target="x12", model="random_forest", threads=2)
    rows = text.predict_json([dict(zip([f"x{j}" for j in range(12)], row)) for row in x[:20_000].tolist()])
    return stored, made.transform(x).tobytes(), page.html, text.to_bytes(), str(rows[-1])

def left():
    "Threads and spilled files; a thread that has been joined is listed until the system has cleared it away."
    gc.collect()
    hone.limit_memory("1T")  # lets those go that lie idle
    threads = []
    while len(threads) < 50 or threads[-1] > min(threads):
        assert len(threads) < 500, threads
        threads.append(len(os.listdir("/proc/self/task")))
        time.sleep(0.01)
    return threads[-1], sum("(deleted)" in os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
                            if os.path.islink(f"/proc/self/fd/{n}"))
free = work()
before = left()
hone.limit_memory("64M")
kept = work()
assert len(free[0]) > 9 << 20, len(free[0])
assert kept == free
kept = None
after = left()
assert after == before, (after, before)
"""


def test_what_is_handed_over():
    done = subprocess.run([sys.executable, "-c", CODE, ":".join(sys.path)], capture_output=True, text=True, timeout=300,
                          env=plain_environment())
    assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
