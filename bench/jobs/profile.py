"""What a table of 1,000,000 x 50 looks like, from a frame in memory: every column described."""
import contextlib
import sys

from common import *

ROWS, COLUMNS = (20_000, 20) if QUICK else (1_000_000, 50)
LIMIT = 120 if QUICK else 240  # seconds, then a peer is stopped


def data():
    """Parquet of numbers, some skewed, some whole, some missing, and names of 3 to 300 levels."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet
    path = CACHE / f"profile-{ROWS}-{COLUMNS}-{DATA}.parquet"
    if not path.exists():
        rng = np.random.default_rng(0)
        columns = {}
        for j in range(COLUMNS):
            if j % 5 == 4:
                levels = np.array([f"level {k}" for k in range(3 + 6 * j)])
                columns[f"name_{j}"] = pa.array(levels[rng.integers(0, len(levels), ROWS)])
                continue
            x = rng.normal(size=ROWS)
            x = np.exp(x) if j % 5 == 1 else np.floor(10 * x) if j % 5 == 2 else x
            missing = rng.random(ROWS) < 0.1 if j % 5 == 3 else None
            columns[f"number_{j}"] = pa.array(x, mask=missing)
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pa.table(columns), path)
    return {"parquet": str(path)}


def measured(package, look, d, read):
    table = read(d["parquet"])
    _, seconds = timed(look, table)
    return {"version": version(package), "profile": seconds, "peak": peak_mb()}


def hone_(d):
    package = python_package()
    table = package.read(d["parquet"])
    _, seconds = timed(lambda: package.profile(table, threads=THREADS))
    return {"version": hone_version(), "profile": seconds, "peak": peak_mb()}


def ydata_look(table, **options):
    from ydata_profiling import ProfileReport
    return ProfileReport(table, progress_bar=False, **options).to_html()


@peer(venv="profile", limit=LIMIT)
def ydata(d):
    """As it comes: interactions, correlations, duplicates."""
    import pandas as pd
    return measured("ydata-profiling", ydata_look, d, pd.read_parquet)


@peer(venv="profile", limit=LIMIT)
def ydata_minimal(d):
    """Its minimal form: no interactions, no duplicates, no correlations."""
    import pandas as pd
    return measured("ydata-profiling", lambda t: ydata_look(t, minimal=True), d, pd.read_parquet)


@peer(venv="profile", limit=LIMIT)
def sweetviz(d):
    import pandas as pd
    import sweetviz as sv
    look = lambda t: sv.analyze(t).show_html(str(scratch() / "page.html"), open_browser=False)
    with contextlib.redirect_stdout(sys.stderr):
        return measured("sweetviz", look, d, pd.read_parquet)


def pandas(d):
    """Counts, moments, quantiles and Pearson's correlations alone: no page, no histogram."""
    import pandas as pd
    return measured("pandas", lambda t: (t.describe(include="all"), t.nunique(), t.duplicated().sum(),
                                         t.corr(numeric_only=True)), d, pd.read_parquet)


def polars(d):
    """Counts, moments and quantiles alone."""
    import polars as pl
    return measured("polars", lambda t: (t.describe(), t.n_unique()), d, pl.read_parquet)


JOBS = [Job(
    "profile", f"Profile of {ROWS:,} x {COLUMNS}",
    "Statistics, quantiles, histograms, densities, frequencies, missing and duplicate rows of every column, "
    "associations of 30 of them on 10,000 rows, and the page. ydata-profiling and Sweetviz as they come; "
    "\"minimal\" has no associations, interactions or duplicates. Whoever has not answered after 4 minutes is "
    "stopped. pandas and polars describe columns only.",
    data, {"hone": hone_, "ydata-profiling": ydata, "ydata-profiling, minimal": ydata_minimal, "sweetviz": sweetviz,
           "pandas describe": pandas, "polars describe": polars},
    [Measure("profile", "profile s", "less"), PEAK])]
