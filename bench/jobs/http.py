"""Single-row predictions over HTTP on one machine: server and load generator share the processors."""
import re
import socket
import urllib.request

import mixed
from common import *

CONNECTIONS, SECONDS = 32, 2 if QUICK else 6

APP = """
import sys, joblib, pandas
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


def post(url, body):
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=5).read()


def peak_of(pid):
    """Of a server and its workers, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024 + sum(map(peak_of, workers))


def serve(version, command, port, d, cwd=None):
    """Starts the server, loads it with wrk over 1,000 different rows, stops it."""
    url, rows, folder = f"http://127.0.0.1:{port}/predict", mixed.rows(d), scratch()
    server = subprocess.Popen(list(map(str, command)), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for attempt in range(300):
            try:
                post(url, rows[0])
                break
            except OSError:
                if attempt == 299 or server.poll() is not None:
                    raise
                time.sleep(0.1)
        quoted = ",".join("[==[" + r + "]==]" for r in rows)
        (folder / "rows.lua").write_text(
            f"local rows, i = {{{quoted}}}, 0\nlocal made = {{}}\n"
            "function init() for k, r in ipairs(rows) do made[k] = wrk.format('POST', nil, {['Content-Type'] = 'application/json'}, r) end end\n"
            "function request() i = i % #made + 1; return made[i] end\n"
            "function done(s, l) io.write(string.format('RESULT %d %d %f %f %d\\n', s.requests, s.duration, l:percentile(50), l:percentile(99),\n"
            "    s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout)) end\n")
        run = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", folder / "rows.lua", url], check=True, capture_output=True, text=True)
        n, micros, p50, p99, errors = map(float, re.search(r"RESULT (.*)", run.stdout)[1].split())
        if errors:
            raise RuntimeError(f"{errors:.0f} of {n:.0f} requests failed")
        return {"version": version, "rate": n / micros * 1e6, "p50": p50 / 1e3, "p99": p99 / 1e3, "peak": peak_of(server.pid)}
    finally:
        server.terminate()
        server.wait()


def hone_(d):
    port = free_port()
    return serve(hone_version(), [HONE, "serve", mixed.hone_model(d, "gbdt"), "--port", port], port, d)


def fastapi(d, model, answer):
    import fastapi
    import joblib
    folder, port = scratch(), free_port()
    joblib.dump(model, folder / "m")
    (folder / "app.py").write_text(APP.format(model=str(folder / "m"), answer=answer))
    command = [sys.executable, "-m", "uvicorn", "--port", port, "--workers", THREADS, "--log-level", "error", "--no-access-log", "app:app"]
    return serve(fastapi.__version__, command, port, d, folder)


def sklearn(d):
    return fastapi(d, mixed.sklearn_model(d, "gbdt"), "float(model.predict_proba(pandas.DataFrame([row.model_dump()]))[0, 1])")


def lightgbm(d):
    booster, _ = mixed.lightgbm_model(d)
    return fastapi(d, booster, "float(model.predict(pandas.DataFrame([row.model_dump()]).astype(types), num_threads=1)[0])")


def wider(d):
    """The server's own measure: a row of 19 columns, the same each time."""
    run = subprocess.run([ROOT / "bench" / "http_predict", "--hone", HONE, "--seconds", str(SECONDS)], check=True, capture_output=True, text=True)
    r = json.loads(run.stdout)
    return {"version": r["version"], "rate": r["rps"], "p50": r["p50_ms"], "p99": r["p99_ms"]}


MEASURES = [Measure("rate", "requests/s", "more"), Measure("p50", "p50 ms", "less"), Measure("p99", "p99 ms", "less"), PEAK]
JOBS = [
    Job("http", "HTTP, single-row predictions",
        f"wrk, 1 thread, {CONNECTIONS} connections, {SECONDS} s, 1,000 different rows of the job row as JSON; gbdt of 100 trees. "
        f"Peers run in uvicorn, {THREADS} workers.", mixed.data,
        {"hone serve": hone_, "FastAPI + scikit-learn": sklearn, "FastAPI + LightGBM": lightgbm}, MEASURES),
    Job("http-wide", "HTTP, single-row predictions, 19 columns",
        f"`bench/http_predict`: wrk, 1 thread, 32 connections, {SECONDS} s, one row of 3 numbers and 16 categories; gbdt of 100 trees.",
        lambda: None, {"hone serve": wider}, MEASURES[:3]),
]
