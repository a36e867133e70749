"""Cold start: a process from its start to its exit, having answered one row."""
import mixed
from common import *

RUNS = 20


def started(version, *command, runs=RUNS):
    r = native("start", 5 if QUICK else runs, *command)
    return {"version": version, "median": 1e3 * r["median"], "p99": 1e3 * r["p99"], "peak": r["peak"]}


def python(code, *args):
    """This interpreter, without the bench's own modules."""
    return [sys.executable, "-c", code, *map(str, args)]


def hone_(d):
    return started(hone_version(), HONE, "predict", mixed.hone_model(d, "gbdt"), "--row", mixed.rows(d)[0], runs=200)


def sklearn(d):
    import joblib
    import sklearn
    folder = scratch()
    joblib.dump(mixed.sklearn_model(d, "gbdt"), folder / "m")
    code = "import sys, json, joblib, pandas; print(joblib.load(sys.argv[1]).predict_proba(pandas.DataFrame([json.loads(sys.argv[2])])))"
    return started(sklearn.__version__, *python(code, folder / "m", mixed.rows(d)[0]))


def lightgbm(d):
    import lightgbm as lgb
    model, frame = mixed.lightgbm_model(d)
    folder = scratch()
    model.save_model(folder / "m")
    row = frame([json.loads(mixed.rows(d)[0])])
    values = row.assign(**{c: row[c].cat.codes for c in mixed.CATEGORIES}).iloc[0].tolist()
    code = "import sys, json, numpy, lightgbm; print(lightgbm.Booster(model_file=sys.argv[1]).predict(numpy.array([json.loads(sys.argv[2])])))"
    return started(lgb.__version__, *python(code, folder / "m", json.dumps(values)))


def hone_help(d):
    return started(hone_version(), HONE, "--help", runs=200)


def python_help(d):
    return started(sys.version.split()[0], sys.executable, "--help")


MEASURES = [Measure("median", "median ms", "less"), Measure("p99", "p99 ms", "less"), PEAK]
JOBS = [
    Job("start", "Cold start to one prediction", "Model of the job row: load it, parse and prepare one row, score it, answer, exit. LightGBM gets numbers, not categories.",
        mixed.data, {"hone": hone_, "Python, scikit-learn": sklearn, "Python, LightGBM, numbers only": lightgbm}, MEASURES),
    Job("help", "Cold start of the program's help", "From spawn to exit.", mixed.data, {"hone": hone_help, "python --help": python_help}, MEASURES),
]
