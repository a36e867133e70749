"""Reading a CSV file of 1,000,000 mixed rows and making it ready for a linear model."""
import mixed
from common import *


def data():
    return {"csv": mixed.csv(1_000_000)}


def measured(package, read, prepare):
    table, read_s = timed(read)
    _, prepare_s = timed(prepare, table)
    return {"version": version(package), "read": read_s, "prepare": prepare_s,
            "total": read_s + prepare_s, "peak": peak_mb()}


def hone_(d):
    done = train(scratch(), d["csv"], "bought", "binary", {"baseline": {}}, mixed.STEPS)
    read, prepare = done["seconds"]["read"], done["seconds"]["prepare"]
    return {"version": hone_version(), "read": read, "prepare": prepare, "total": read + prepare,
            "peak": done["peak"], "wall": done["wall"]}


def pandas(d, engine="c"):
    import pandas as pd
    steps = mixed.prepare()
    return measured("pandas", lambda: pd.read_csv(d["csv"], engine=engine),
                    lambda table: steps.fit_transform(table.drop(columns="bought")))


def pandas_pyarrow(d):
    return pandas(d, "pyarrow")


def polars(d):
    """In expressions of its own; nothing is kept that could be applied to other rows."""
    import polars as pl

    def scaled(name):
        c = pl.col(name).fill_null(pl.col(name).median())
        return (c - c.mean()) / c.std(0)

    def filled(name):
        return pl.col(name).fill_null(pl.col(name).drop_nulls().mode().first())

    return measured("polars", lambda: pl.read_csv(d["csv"]), lambda table: table.select(
        *map(scaled, mixed.NUMBERS), *map(filled, mixed.CATEGORIES)).to_dummies(mixed.CATEGORIES))


JOBS = [Job(
    "prepare", "Read and prepare, CSV of 1,000,000 x 11",
    "Read; then impute (median, most frequent), one-hot encode (53 categories) and scale to mean "
    "0, deviation 1: fitted and applied. hone's prepare also profiles every column, infers types "
    "and checks the target.",
    data, {"hone": hone_, "pandas + scikit-learn": pandas,
           "pandas, pyarrow engine, + scikit-learn": pandas_pyarrow, "polars": polars},
    [Measure("total", "both s", "less"), Measure("read", "read s", "less"),
     Measure("prepare", "prepare s", "less"), WALL, PEAK])]
