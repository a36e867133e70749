"""Tables out of `hone data convert`, as other readers of each format see them."""

import math
import subprocess

import numpy as np
import pytest

from program import HONE, as_json, good, plain_environment, refused

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
from pyarrow import ipc, parquet  # noqa: E402

TYPED = ["parquet", "arrow", "arrows"]
TEXT = ["csv", "tsv", "csv.gz", "csv.zst", "json", "ndjson", "ndjson.gz"]
AWKWARD = ["plain", 'quo"te', "com,ma", "new\nline", "cr\r\nlf", "tab\tbed", "ünïcødé 漢字 🦉", "'", "\\",
           "-0.5x", "=1+1", "a;b", "null?"]


def awkward():
    """Each type with its extremes, with and without nulls."""
    n = 60
    rng = np.random.default_rng(5)
    numbers = [-0.0, 0.1, 1e308, -1e-308, 5e-324, math.inf, -math.inf, 1 / 3]
    whole = [2**63 - 1, -2**63, 0, 2**53 + 1]
    holes = lambda values: [None if i % 7 == 3 else v for i, v in enumerate(values)]
    cycle = lambda values: [values[i % len(values)] for i in range(n)]
    return pa.table({
        "f": pa.array(cycle(numbers), pa.float64()), "f_null": pa.array(holes(cycle(numbers)), pa.float64()),
        "single": pa.array(rng.normal(size=n), pa.float32()), "i": pa.array(cycle(whole), pa.int64()),
        "i_null": pa.array(holes(cycle(whole)), pa.int64()), "b": pa.array(cycle([True, False, False]), pa.bool_()),
        "b_null": pa.array(holes(cycle([True, False])), pa.bool_()), "c": pa.array(cycle(AWKWARD), pa.string()),
        "c_null": pa.array(holes(cycle(AWKWARD[::-1])), pa.string()),
        "s": pa.array([f"{AWKWARD[i % len(AWKWARD)]} {i}" for i in range(n)], pa.string()),
        "t": pa.array(cycle([0, 1, -1, 1700000000123456, -62135596800000000, 253402300799999999]), pa.timestamp("us")),
        "t_null": pa.array(holes(cycle([1700000000000000, 5])), pa.timestamp("us")),
        "nämé, \"q\"": pa.array(range(n), pa.int64()),
    })


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("formats") / "source.parquet"
    parquet.write_table(awkward(), path)
    return path


def read(path):
    """By pyarrow, all of it checked, with categories as texts."""
    if path.suffix == ".parquet":
        table = parquet.read_table(path)
    else:
        with pa.OSFile(str(path)) as file:
            table = (ipc.open_stream if path.suffix == ".arrows" else ipc.open_file)(file).read_all()
    table.validate(full=True)
    return table.cast(pa.schema([(f.name, pa.large_string()) if pa.types.is_dictionary(f.type)
                                 or pa.types.is_string(f.type) or pa.types.is_large_string(f.type) else f
                                 for f in table.schema]))


def same(mine, truth):
    """Bit for bit: -0.0 is not 0.0."""
    assert mine.column_names == truth.column_names and len(mine) == len(truth)
    for name in truth.column_names:
        a, b = mine[name].to_pylist(), truth[name].to_pylist()
        assert [repr(v) for v in a] == [repr(v) for v in b], name


@pytest.mark.parametrize("ending", TYPED)
def test_typed_formats_keep_everything(source, ending, tmp_path):
    out = tmp_path / f"out.{ending}"
    good("data", "convert", source, out)
    same(read(out), awkward())
    if ending == "parquet":
        types = parquet.read_schema(out)
        assert pa.types.is_dictionary(types.field("c").type) and types.field("t").type == pa.timestamp("us")
        assert pl.read_parquet(out)["i"].to_list() == awkward()["i"].to_pylist()
        assert pd.read_parquet(out)["c"].dtype == "category"
    if ending == "arrow":
        assert pl.read_ipc(out)["s"].to_list() == awkward()["s"].to_pylist()
        assert pd.read_feather(out)["f"].tolist() == awkward()["f"].to_pylist()


@pytest.mark.parametrize("ending", TEXT)
def test_text_formats_come_back(source, ending, tmp_path):
    """What hone reads back is what it wrote; JSON alone has no infinity."""
    out, back = tmp_path / f"out.{ending}", tmp_path / "back.parquet"
    good("data", "convert", source, out)
    good("data", "convert", out, back, "--missing", "")
    truth = awkward()
    if "json" in ending:
        for name in ("f", "f_null"):
            values = [v if v is None or math.isfinite(v) else None for v in truth[name].to_pylist()]
            truth = truth.set_column(truth.column_names.index(name), name, pa.array(values, pa.float64()))
    mine = read(back)
    mine = mine.set_column(mine.column_names.index("single"), "single", mine["single"].cast(pa.float32()))
    same(mine, truth)


def test_csv_as_pandas_and_polars_see_it(source, tmp_path):
    out = tmp_path / "out.csv"
    good("data", "convert", source, out)
    truth = awkward()
    frame = pd.read_csv(out, keep_default_na=False, na_values=[""], dtype={"c": str, "i": "int64"})
    assert frame["i"].tolist() == truth["i"].to_pylist()
    assert frame["c"].tolist() == truth["c"].to_pylist() and list(frame.columns) == truth.column_names
    assert [repr(v) for v in frame["f"].tolist()] == [repr(v) for v in truth["f"].to_pylist()]
    assert pl.read_csv(out, infer_schema_length=None)["s"].to_list() == truth["s"].to_pylist()


@pytest.mark.parametrize("ending", [*TYPED, "csv", "ndjson.zst"])
def test_many_rows(ending, tmp_path):
    """More than one row group and one block; the same bytes for any number of threads."""
    n = 150_001
    rng = np.random.default_rng(1)
    gaps = rng.random(n) < 0.2
    truth = pa.table({"x": pa.array(rng.normal(size=n), mask=gaps), "k": rng.integers(0, 2**40, n),
                      "c": pa.array([f"level {i}" for i in rng.integers(0, 300, n)], mask=np.roll(gaps, 1)),
                      "b": rng.random(n) < 0.5, "s": [f"{v:x}" * 3 + "z" for v in rng.integers(2**40, 2**41, n)]})
    source, out, once, back = (tmp_path / name for name in ("in.parquet", f"a.{ending}", f"b.{ending}", "back.parquet"))
    parquet.write_table(truth, source)
    good("data", "convert", source, out, "--threads", 3)
    good("data", "convert", source, once, "--threads", 1)
    assert out.read_bytes() == once.read_bytes()
    if ending not in TYPED:
        good("data", "convert", out, back)
        out = back
    assert read(out).equals(truth.cast(pa.schema([(f.name, pa.large_string() if pa.types.is_string(f.type) else f.type)
                                                  for f in truth.schema])))


@pytest.mark.parametrize("ending", [*TYPED, "csv", "json", "ndjson"])
def test_no_rows(ending, tmp_path):
    source, out = tmp_path / "none.csv", tmp_path / f"none.{ending}"
    source.write_text("a,b\n")
    good("data", "convert", source, out)
    if ending in TYPED:
        assert read(out).num_rows == 0 and read(out).column_names == ["a", "b"]


def test_answers_as_parquet(tmp_path):
    from program import FAST, PENGUINS
    model, out = tmp_path / "m.hone", tmp_path / "answers.parquet"
    good("train", PENGUINS, "--target", "species", *FAST, "-o", model)
    good("predict", model, PENGUINS, "-o", out, "--keep", "island")
    answers = parquet.read_table(out)
    assert answers.column_names[:2] == ["island", "prediction"] and len(answers) == 344
    assert set(answers["prediction"].to_pylist()) == {"Adelie", "Chinstrap", "Gentoo"}


def test_what_cannot_be_written(source, tmp_path):
    assert "cannot tell the format" in refused(2, "data", "convert", source, tmp_path / "x.xyz")
    assert "not compressed as a whole" in refused(2, "data", "convert", source, tmp_path / "x.parquet.gz")
    assert "--output" in refused(4, "data", "convert", source, tmp_path / "nowhere" / "x.csv")
    if (tmp_path / "full").exists():
        return
    assert "cannot write '/dev/full'" in refused(4, "data", "convert", source, "/dev/full")
    for ending in [*TYPED, *TEXT]:
        out = tmp_path / f"big.{ending}"
        done = subprocess.run(["bash", "-c", f"ulimit -f 1; exec {HONE} data gen blobs --set n_samples=20000 -o {out}"],
                              capture_output=True, text=True, env=plain_environment())
        assert done.returncode == 4 and "raise the limit on file sizes" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_json_says_what_was_written(source, tmp_path):
    said = as_json("data", "convert", source, tmp_path / "x.parquet", "--columns", "i,c")
    assert said["rows"] == 60 and said["columns"] == [{"name": "i", "type": "int64"}, {"name": "c", "type": "category"}]
