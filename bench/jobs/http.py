"""Single-row predictions over HTTP on one machine: server and load generator share it."""
import re
import socket
import sys
import urllib.request

import mixed
from common import *

CONNECTIONS, SECONDS = 32, 2 if QUICK else 6

# What wrk runs: 1,000 different requests in turn; one line of numbers at the end.
SCRIPT = """
local rows, made, i = {%s}, {}, 0
function init()
    local headers = {["Content-Type"] = "application/json"}
    for k, row in ipairs(rows) do made[k] = wrk.format("POST", nil, headers, row) end
end
function request() i = i %% #made + 1; return made[i] end
function done(s, latency)
    local bad = s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout
    print("RESULT", s.requests, s.duration, latency:percentile(50), latency:percentile(99), bad)
end
"""

# The peers' server; {answer} is how its model is asked.
APP = """
import joblib, pandas
from fastapi import FastAPI
from pydantic import BaseModel
model, app = joblib.load({model!r}), FastAPI()
class Row(BaseModel):
    city: str | None = None
    plan: str | None = None
    device: str | None = None
    age: float | None = None
    tenure: float | None = None
    visits: float | None = None
    spend: float | None = None
    score: float | None = None
    distance: float | None = None
    latency: float | None = None
words = dict.fromkeys(["city", "plan", "device"], "category")
types = {{name: words.get(name, "float") for name in Row.model_fields}}
@app.post("/predict")
def predict(row: Row):
    p = {answer}
    return {{"prediction": int(p > 0.5), "probability": p, "status": "success"}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_answer(server, url, row):
    request = urllib.request.Request(url, row.encode(), {"Content-Type": "application/json"})
    for _ in range(300):
        try:
            return urllib.request.urlopen(request, timeout=5).read()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def peak_of(pid):
    """Of a server and its workers, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024 + sum(map(peak_of, workers))


def loaded(url, rows):
    script = scratch() / "rows.lua"
    script.write_text(SCRIPT % ",".join(f"[==[{row}]==]" for row in rows))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, url]
    said = subprocess.check_output(command, text=True)
    n, micros, p50, p99, bad = map(float, re.search(r"RESULT\s(.*)", said)[1].split())
    if bad:
        raise RuntimeError(f"{bad:.0f} of {n:.0f} requests failed")
    return {"rate": n / micros * 1e6, "p50": p50 / 1e3, "p99": p99 / 1e3}


def served(version_, command, port, d, folder=None):
    """Starts a server, loads it, stops it."""
    url, rows, quiet = f"http://127.0.0.1:{port}/predict", mixed.rows(d), subprocess.DEVNULL
    server = subprocess.Popen(list(map(str, command)), cwd=folder, stdout=quiet, stderr=quiet)
    try:
        wait_for_answer(server, url, rows[0])
        return {"version": version_, **loaded(url, rows), "peak": peak_of(server.pid)}
    finally:
        server.terminate()
        server.wait()


def hone_(d):
    port = free_port()
    command = [HONE, "serve", mixed.hone_model(d, "gbdt"), "--port", port]
    return served(hone_version(), command, port, d)


def fastapi(d, model, answer):
    import joblib
    folder, port = scratch(), free_port()
    joblib.dump(model, folder / "m")
    (folder / "app.py").write_text(APP.format(model=str(folder / "m"), answer=answer))
    command = [sys.executable, "-m", "uvicorn", "--port", port, "--workers", THREADS,
               "--log-level", "error", "--no-access-log", "app:app"]
    return served(version("fastapi"), command, port, d, folder)


def sklearn(d):
    return fastapi(d, mixed.sklearn_model(d, "gbdt"),
                   "float(model.predict_proba(pandas.DataFrame([row.model_dump()]))[0, 1])")


def lightgbm(d):
    return fastapi(d, mixed.LightGBM(d).booster,
                   "float(model.predict(pandas.DataFrame([row.model_dump()]).astype(types),"
                   " num_threads=1)[0])")


def wide(d):
    command = [ROOT / "bench" / "http_predict", "--hone", HONE, "--seconds", str(SECONDS)]
    r = json.loads(subprocess.check_output(command, text=True))
    return {"version": r["version"], "rate": r["rps"], "p50": r["p50_ms"], "p99": r["p99_ms"]}


MEASURES = [Measure("rate", "requests/s", "more"), Measure("p50", "p50 ms", "less"),
            Measure("p99", "p99 ms", "less")]
JOBS = [
    Job("http", "HTTP, one row a request",
        f"wrk, 1 thread, {CONNECTIONS} connections, {SECONDS} s, 1,000 different rows of the job "
        f"row; gbdt of 100 trees. Peers run in uvicorn with {THREADS} workers.", mixed.data,
        {"hone serve": hone_, "FastAPI + scikit-learn": sklearn, "FastAPI + LightGBM": lightgbm},
        [*MEASURES, PEAK]),
    Job("http-wide", "HTTP, one row of 19 columns a request",
        f"`bench/http_predict`: wrk, 1 thread, {CONNECTIONS} connections, {SECONDS} s, one row of "
        "3 numbers and 16 categories; gbdt of 100 trees.", lambda: None, {"hone serve": wide},
        MEASURES),
]
