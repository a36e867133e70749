"""Data work at size: reading and typing a gigabyte, making columns ready, features over time by key."""
import mixed
from common import *

CSV_ROWS, PARQUET_ROWS, WIDE_ROWS, EVENTS = 18_000_000, 6_000_000, 1_000_000, 10_000_000


def seconds_of(package, work, name):
    _, seconds = timed(work)
    return {"version": version(package), name: seconds, "peak": peak_mb()}


# ---- reading -------------------------------------------------------------------------------------

def csv_data():
    """The mixed table again and again until it is a gigabyte."""
    def write(folder):
        once = mixed.csv(1_000_000).read_bytes()
        header, body = once.split(b"\n", 1)
        with open(folder / "t.csv", "wb") as out:
            out.write(header + b"\n")
            for _ in range(CSV_ROWS // 1_000_000):
                out.write(body)
    return {"file": made(f"gigabyte-csv-{CSV_ROWS}", write) / "t.csv"}


def parquet_data():
    """20 columns of random doubles, whole numbers and names: little that packs."""
    def write(folder):
        import numpy as np
        import pyarrow as pa
        from pyarrow import parquet
        n, rng = scale(PARQUET_ROWS), np.random.default_rng(0)
        columns = {f"x{j}": rng.normal(size=n) for j in range(18)}
        columns["whole"] = rng.integers(0, 1 << 40, n)
        levels = pa.array([f"level {k}" for k in range(500)])
        columns["name"] = pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 500, n).astype("i4")), levels).cast(pa.string())
        parquet.write_table(pa.table(columns), folder / "t.parquet")
    return {"file": made(f"gigabyte-parquet-{PARQUET_ROWS}", write) / "t.parquet"}


def hone_read(d):
    package = python_package()
    _, seconds = timed(lambda: package.read(d["file"]))
    return {"version": hone_version(), "read": seconds, "peak": peak_mb()}


def pandas_read(d, **how):
    import pandas as pd
    read = pd.read_csv if d["file"].suffix == ".csv" else pd.read_parquet
    return seconds_of("pandas", lambda: read(d["file"], **how), "read")


def pandas_read_pyarrow(d):
    return pandas_read(d, engine="pyarrow")


def polars_read(d):
    import polars as pl
    read = pl.read_csv if d["file"].suffix == ".csv" else pl.read_parquet
    return seconds_of("polars", lambda: read(d["file"]), "read")


# ---- one-hot, scale, impute ----------------------------------------------------------------------

NUMBERS, NAMES = [f"x{j}" for j in range(22)], [f"c{j}" for j in range(8)]


def wide_data():
    def write(folder):
        import numpy as np
        import pyarrow as pa
        from pyarrow import parquet
        n, rng = scale(WIDE_ROWS), np.random.default_rng(0)
        columns = {}
        for j, name in enumerate(NUMBERS):
            columns[name] = pa.array(rng.normal(j, 1 + j, n), mask=rng.random(n) < 0.1 * (j % 2))
        for j, name in enumerate(NAMES):
            levels = np.array([f"level {k}" for k in range(4 + 2 * j)])
            columns[name] = pa.array(levels[rng.integers(0, len(levels), n)], mask=rng.random(n) < 0.05)
        parquet.write_table(pa.table(columns), folder / "t.parquet")
    return {"file": made(f"wide-{WIDE_ROWS}", write) / "t.parquet"}


def hone_ready(d):
    """As a recipe: every step fitted and applied; the file is read before."""
    steps = [{"impute": {"columns": "numeric", "strategy": "median"}},
             {"impute": {"columns": "category", "strategy": "most_frequent"}},
             {"standard_scale": {"columns": NUMBERS}}, {"one_hot": {"columns": NAMES}}]
    done = train(scratch(), d["file"], None, "cluster", {"kmeans": {"n_clusters": 2, "max_iter": 1, "n_init": 1}}, steps)
    return {"version": hone_version(), "ready": done["seconds"]["prepare"], "peak": done["peak"]}


def sklearn_ready(d):
    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    table = pd.read_parquet(d["file"])
    steps = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)), NAMES))
    return seconds_of("scikit-learn", lambda: steps.fit_transform(table), "ready")


def pandas_ready(d):
    """By its own means; nothing is kept that could be applied to other rows."""
    import pandas as pd
    table = pd.read_parquet(d["file"])

    def work():
        x = table[NUMBERS].fillna(table[NUMBERS].median())
        c = table[NAMES].fillna(table[NAMES].mode().iloc[0])
        return pd.concat([(x - x.mean()) / x.std(ddof=0), pd.get_dummies(c, dtype=float)], axis=1)
    return seconds_of("pandas", work, "ready")


def polars_ready(d):
    import polars as pl
    table = pl.read_parquet(d["file"])

    def scaled(name):
        c = pl.col(name).fill_null(pl.col(name).median())
        return (c - c.mean()) / c.std(0)

    def filled(name):
        return pl.col(name).fill_null(pl.col(name).drop_nulls().mode().first())
    return seconds_of("polars", lambda: table.select(*map(scaled, NUMBERS), *map(filled, NAMES)).to_dummies(NAMES), "ready")


# ---- features over time by key -------------------------------------------------------------------

def event_data():
    """Payments of 200,000 cards in half a year, in the order of time."""
    def write(folder):
        import numpy as np
        import pyarrow as pa
        from pyarrow import parquet
        n, rng = scale(EVENTS), np.random.default_rng(0)
        parquet.write_table(pa.table({
            "time": np.sort(rng.integers(0, 15_768_000, n)), "card": rng.integers(0, n // 50, n),
            "amount": rng.gamma(2, 20, n).round(2)}), folder / "t.parquet")
    return {"file": made(f"events-{EVENTS}", write) / "t.parquet"}


def hone_windows(d):
    recipe = {"data": {"path": str(d["file"]), "windows": [
        "n_day = count() by card order time last 86400", "mean_day = mean(amount) by card order time last 86400",
        "mean_5 = mean(amount) by card order time rows 5", "last_amount = lag(amount, 1) by card order time"]},
        "roles": {"target": "amount"}, "split": {"test": 0}, "steps": [], "model": {"baseline": {}}, "seed": 1}
    folder = scratch()
    (folder / "recipe.json").write_text(json.dumps(recipe))
    done = hone("train", "--recipe", folder / "recipe.json", "-o", folder / "m.hone")
    return {"version": hone_version(), "windows": done["seconds"]["read"], "peak": done["peak"]}


def polars_windows(d):
    import polars as pl

    def work():
        t = pl.read_parquet(d["file"])
        day = dict(index_column="time", period="86400i", closed="left")
        return t.with_columns(
            n_day=pl.col("amount").count().rolling(**day).over("card"),
            mean_day=pl.col("amount").mean().rolling(**day).over("card"),
            mean_5=pl.col("amount").shift(1).rolling_mean(5, min_samples=1).over("card"),
            last_amount=pl.col("amount").shift(1).over("card"))
    return seconds_of("polars", work, "windows")


def pandas_windows(d):
    import pandas as pd

    def work():
        t = pd.read_parquet(d["file"])
        t["at"] = pd.to_datetime(t["time"], unit="s")
        t = t.sort_values(["card", "at"], kind="stable", ignore_index=True)
        of = t.groupby("card", sort=True)
        day = t.set_index("at").groupby("card")["amount"].rolling("1D", closed="left")
        t["n_day"], t["mean_day"] = day.count().to_numpy(), day.mean().to_numpy()
        t["last_amount"] = of["amount"].shift(1)
        t["mean_5"] = t.groupby("card")["last_amount"].rolling(5, min_periods=1).mean().to_numpy()
        return t.sort_values("at", kind="stable", ignore_index=True)
    return seconds_of("pandas", work, "windows")


READ = [Measure("read", "read s", "less"), PEAK]
JOBS = [
    Job("read-csv", "Read a CSV file of a gigabyte, 18,000,000 x 11",
        "The whole file into typed columns in memory. hone looks at every value before a type is settled on and codes "
        "texts as categories.",
        csv_data, {"hone": hone_read, "pandas": pandas_read, "pandas, pyarrow engine": pandas_read_pyarrow,
                   "polars": polars_read}, READ),
    Job("read-parquet", "Read a Parquet file of a gigabyte, 6,000,000 x 20",
        "The whole file into typed columns in memory.",
        parquet_data, {"hone": hone_read, "pandas": pandas_read, "polars": polars_read}, READ),
    Job("ready", "One-hot, scale and impute, 1,000,000 x 30",
        "22 columns of numbers, half of them with 10 % missing (median, then mean 0 and deviation 1), and 8 of names with 5 % "
        "missing (most frequent, then one-hot to 88 columns): fitted and applied, from columns in memory.",
        wide_data, {"hone": hone_ready, "scikit-learn": sklearn_ready, "pandas": pandas_ready, "polars": polars_ready},
        [Measure("ready", "ready s", "less"), PEAK]),
    Job("windows", "Features over time by key, 10,000,000 events of 200,000 cards",
        "From a Parquet file: count and mean of the last day, mean of the last 5, the last amount, by card; the row itself and "
        "what comes at the same time left out. Each one's seconds hold reading.",
        event_data, {"hone": hone_windows, "polars": polars_windows, "pandas": pandas_windows},
        [Measure("windows", "all s", "less"), PEAK])]
