"""`hone data join`, `dedupe`, `sql` (groups, windows) against pandas and polars, on random tables."""
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ROOT = Path(__file__).resolve().parents[2]
HONE = os.environ.get("HONE", str(Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build")) / "hone"))


def hone(*words, out):
    done = subprocess.run([HONE, "data", *map(str, words), "-o", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return pl.read_parquet(out)


def plain(frame):
    """Rows as python values, categories as texts."""
    return [tuple(row) for row in frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).rows()]


def ordered(frame):
    key = lambda v: (False, "", 0) if v is None else (True, str(type(v)), v)
    return sorted(plain(frame), key=lambda row: [key(v) for v in row])


def random_tables(seed, folder, n=(400, 300), levels=60):
    rng = np.random.default_rng(seed)
    made = []
    for which, rows in zip("ab", n):
        holes = lambda values, share: [None if u < share else v for u, v in zip(rng.random(rows), values)]
        frame = pl.DataFrame({
            "k": holes(rng.integers(0, levels, rows).tolist(), 0.05),
            "c": holes([f"level {v}" for v in rng.integers(0, 5, rows)], 0.05),
            "v": holes(rng.normal(size=rows).round(3).tolist(), 0.1),
            f"w_{which}": rng.integers(-2**60, 2**60, rows),
        }, schema_overrides={"k": pl.Int64})
        frame.write_parquet(folder / f"{which}.parquet")
        made.append(frame)
    return made


HOWS = {"inner": "inner", "left": "left", "outer": "full", "semi": "semi", "anti": "anti"}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("on", [["k"], ["c"], ["k", "c"], ["v"]])
@pytest.mark.parametrize("seed", [1, 2])
def test_join(seed, on, how, tmp_path):
    a, b = random_tables(seed, tmp_path)
    mine = hone("join", tmp_path / "a.parquet", tmp_path / "b.parquet", "--on", ",".join(on), "--how", how,
                out=tmp_path / "out.parquet")
    truth = a.join(b, on=on, how=HOWS[how], coalesce=None if how in ("semi", "anti") else True,
                   maintain_order="left_right")
    assert mine.columns == truth.columns
    assert ordered(mine) == ordered(truth)
    if how in ("inner", "left", "semi", "anti"):
        assert plain(mine) == plain(truth)


def test_join_without_partners(tmp_path):
    pl.DataFrame({"k": [1, 2], "x": ["a", "b"]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"k": [3, 4], "y": [0.5, 1.5]}).write_parquet(tmp_path / "b.parquet")
    a, b = tmp_path / "a.parquet", tmp_path / "b.parquet"
    assert hone("join", a, b, "--on", "k", out=tmp_path / "o.parquet").rows() == []
    assert hone("join", a, b, "--on", "k", "--how", "left", out=tmp_path / "o.parquet")["y"].to_list() == [None, None]
    outer = hone("join", a, b, "--on", "k", "--how", "outer", out=tmp_path / "o.parquet")
    assert outer["k"].to_list() == [1, 2, 3, 4] and outer["y"].to_list() == [None, None, 0.5, 1.5]
    assert outer["x"].cast(pl.String).to_list() == ["a", "b", None, None]


@pytest.mark.parametrize("by", [[], ["c"]])
@pytest.mark.parametrize("strictly, at_most", [(False, 0), (True, 0), (False, 40), (True, 40)])
def test_asof(by, strictly, at_most, tmp_path):
    """Equal to pandas, and never a row from the future."""
    rng = np.random.default_rng(7)
    start = np.datetime64("2024-01-01")
    frames = []
    for which, n in (("a", 300), ("b", 200)):
        at = start + rng.integers(0, 3000, n).astype("timedelta64[s]")
        frame = pd.DataFrame({"at": at.astype("datetime64[us]"), "c": rng.choice(["x", "y", "z"], n),
                              f"v_{which}": rng.normal(size=n)})
        frames.append(frame.sort_values("at", kind="stable").reset_index(drop=True))
    a, b = frames
    b["seen"] = b["at"]
    for name, frame in (("a", a), ("b", b)):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    words = ["--on", ",".join(by)] if by else []
    words += ["--strictly"] if strictly else []
    words += ["--at-most", at_most] if at_most else []
    mine = hone("join", tmp_path / "a.parquet", tmp_path / "b.parquet", "--how", "asof", "--time", "at", *words,
                out=tmp_path / "out.parquet")
    truth = pd.merge_asof(a, b, on="at", by=by or None, allow_exact_matches=not strictly, suffixes=("", "_right"),
                          tolerance=pd.Timedelta(seconds=at_most) if at_most else None)
    if not by and not strictly:
        # Of rows of the same time, the last: as pandas.
        assert len(set(b["at"])) < len(b)
    np.testing.assert_array_equal(mine["v_b"].to_numpy(), truth["v_b"].to_numpy())
    seen = mine.filter(pl.col("seen").is_not_null())
    assert (seen["seen"] < seen["at"]).all() if strictly else (seen["seen"] <= seen["at"]).all()


@pytest.mark.parametrize("keep", ["first", "last", "none"])
@pytest.mark.parametrize("by", [["k"], ["c", "k"], None])
def test_dedupe(by, keep, tmp_path):
    a, _ = random_tables(3, tmp_path)
    if by is None:
        a = a.select("k", "c").with_columns(z=pl.lit(0.0))
        a.write_parquet(tmp_path / "a.parquet")
    mine = hone("dedupe", tmp_path / "a.parquet", "--keep", keep, *(["--by", ",".join(by)] if by else []),
                out=tmp_path / "out.parquet")
    assert plain(mine) == plain(a.unique(by, keep=keep, maintain_order=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_group_and_window(seed, tmp_path):
    a, _ = random_tables(seed, tmp_path)
    groups = hone("sql", "select c, count(*) n, count(v) present, sum(v) s, avg(v) m, min(w_a) low, max(w_a) high, "
                  f"stddev(v) d, median(v) h from '{tmp_path}/a.parquet' group by c order by c nulls first",
                  out=tmp_path / "g.parquet")
    v, w = pl.col("v"), pl.col("w_a")
    truth = a.group_by("c").agg(n=pl.len(), present=v.count(), s=v.sum(), m=v.mean(), low=w.min(), high=w.max(),
                                d=v.std(), h=v.median()).sort("c", nulls_last=False)
    assert groups.columns == truth.columns
    for name in truth.columns:
        if truth[name].dtype == pl.Float64:
            np.testing.assert_allclose(groups[name].to_numpy(), truth[name].to_numpy(), rtol=1e-12)
        else:
            assert plain(groups.select(name)) == plain(truth.select(name))
    frame = a.with_row_index("i").with_columns(pl.col("i").cast(pl.Int64))
    frame.write_parquet(tmp_path / "i.parquet")
    windows = hone("sql", f"select i, lag(w_a) over (partition by c order by i) previous, "
                   "sum(v) over (partition by c order by i rows between 3 preceding and current row) rolling, "
                   f"row_number() over (partition by c order by i) place from '{tmp_path}/i.parquet' order by i",
                   out=tmp_path / "w.parquet")
    pandas = frame.to_pandas()
    by = pandas.groupby("c", dropna=False)
    np.testing.assert_array_equal(windows["place"].to_numpy(), by.cumcount() + 1)
    rolling = by["v"].rolling(4, min_periods=1).sum().droplevel(0).sort_index()
    np.testing.assert_allclose(windows["rolling"].to_numpy(), rolling.to_numpy(), rtol=1e-9, atol=1e-12)
    before = frame.with_columns(previous=pl.col("w_a").shift(1).over("c"))["previous"]
    assert windows["previous"].to_list() == before.to_list()
