"""Reading a CSV file of 1,000,000 mixed rows and making it ready for a linear model."""
import mixed
from common import *

ROWS = 1_000_000


def data():
    return {"csv": mixed.csv(ROWS)}


def result(version, read, prepare):
    return {"version": version, "read": read, "prepare": prepare, "total": read + prepare, "peak": peak_mb()}


def hone_(d):
    trained = train(scratch(), d["csv"], "bought", "binary", {"baseline": {}}, mixed.STEPS)
    seconds = trained["seconds"]
    return dict(result(hone_version(), seconds["read"], seconds["prepare"]), peak=trained["peak"], wall=trained["wall"])


def with_pandas(d, engine):
    import pandas as pd
    steps = mixed.prepare()
    t, read = timed(lambda: pd.read_csv(d["csv"], engine=engine))
    _, prepare = timed(lambda: steps.fit_transform(t.drop(columns="bought")))
    return result(pd.__version__, read, prepare)


def pandas(d):
    return with_pandas(d, "c")


def pandas_pyarrow(d):
    return with_pandas(d, "pyarrow")


def polars(d):
    """All in polars' own expressions, nothing kept that could be applied to other rows."""
    import polars as pl

    def prepare(t):
        return t.select(
            *[((c - c.mean()) / c.std(0)).cast(pl.Float64) for c in (pl.col(n).fill_null(pl.col(n).median()) for n in mixed.NUMBERS)],
            *[pl.col(c).fill_null(pl.col(c).drop_nulls().mode().first()) for c in mixed.CATEGORIES]).to_dummies(mixed.CATEGORIES)
    t, read = timed(lambda: pl.read_csv(d["csv"]))
    _, prepare_s = timed(prepare, t)
    return result(pl.__version__, read, prepare_s)


JOBS = [Job(
    "prepare", "Read and prepare, CSV of 1,000,000 x 11",
    "Read, then impute (median; most frequent), one-hot (53 categories) and standard scale, fitted and applied. "
    "hone's prepare also profiles every column, infers types and checks the target.",
    data, {"hone": hone_, "pandas + scikit-learn": pandas, "pandas (pyarrow engine) + scikit-learn": pandas_pyarrow, "polars": polars},
    [Measure("total", "both s", "less"), Measure("read", "read s", "less"), Measure("prepare", "prepare s", "less"), WALL, PEAK])]
