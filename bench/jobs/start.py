"""Cold start: a process from its start to its exit, having answered one row, or for help."""
import sys

import mixed
from common import *


def started(version_, *command, runs):
    r = native("start", 5 if QUICK else runs, *command)
    return {"version": version_, "median": 1e3 * r["median"], "p99": 1e3 * r["p99"],
            "peak": r["peak"]}


def hone_(d):
    model = mixed.hone_model(d, "gbdt")
    return started(hone_version(), HONE, "predict", model, "--row", mixed.rows(d)[0], runs=200)


def sklearn(d):
    import joblib
    path = scratch() / "m"
    joblib.dump(mixed.sklearn_model(d, "gbdt"), path)
    code = ("import sys, json, joblib, pandas\n"
            "row = pandas.DataFrame([json.loads(sys.argv[2])])\n"
            "print(joblib.load(sys.argv[1]).predict_proba(row))")
    command = [sys.executable, "-c", code, path, mixed.rows(d)[0]]
    return started(version("scikit-learn"), *command, runs=20)


def lightgbm(d):
    model, path = mixed.LightGBM(d), scratch() / "m"
    model.save_model(path)
    row = json.dumps(model.codes(mixed.rows(d)[:1]).tolist())
    code = ("import sys, json, numpy, lightgbm\n"
            "model, rows = lightgbm.Booster(model_file=sys.argv[1]), json.loads(sys.argv[2])\n"
            "print(model.predict(numpy.array(rows)))")
    return started(version("lightgbm"), sys.executable, "-c", code, path, row, runs=20)


def hone_help(d):
    return started(hone_version(), HONE, "--help", runs=200)


def python_help(d):
    return started(sys.version.split()[0], sys.executable, "--help", runs=200)


MEASURES = [Measure("median", "median ms", "less"), Measure("p99", "p99 ms", "less"), PEAK]
JOBS = [
    Job("start", "Cold start to one prediction",
        "The model of the job row: load it, parse and prepare one row, score it, print the "
        "answer, exit. LightGBM gets a row of numbers, categories encoded already.", mixed.data,
        {"hone": hone_, "Python, scikit-learn": sklearn,
         "Python, LightGBM, numbers only": lightgbm}, MEASURES),
    Job("help", "Cold start of the help", "From start to exit.", mixed.data,
        {"hone --help": hone_help, "python --help": python_help}, MEASURES),
]
