"""Parquet files as hone reads them, beside pyarrow and polars, which write them: every type, codec, encoding, version of
pages, and sizes of pages and row groups; and damaged ones, which are refused or read, but never break anything."""
import decimal
import itertools
import math
import os
import sys
import uuid
import zlib
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(os.environ.get("HONE_BUILD_DIR", Path(__file__).resolve().parents[2] / "build")) / "python"))
hone = pytest.importorskip("hone")
pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402
from shared_data import DATA  # noqa: E402

PRINTABLE = set(range(32, 127)) - set(b"\\'\"")
MICROSECONDS = {"s": (10**6, 1), "ms": (1000, 1), "us": (1, 1), "ns": (1, 1000)}


# ---- what is wanted, and what there is -------------------------------------------------------------

def text(value):
    return value.strip(" \t\n\v\f\r") or None


def clock(value):
    return value.isoformat()[:8] + (f".{value.microsecond:06d}".rstrip("0") if value.microsecond else "")


def wanted(column):
    """A column of pyarrow's as hone has it, as a list: times as microseconds."""
    t = column.type
    if pa.types.is_dictionary(t):
        return wanted(column.cast(t.value_type))
    if isinstance(t, pa.BaseExtensionType) and t == pa.uuid():
        return [None if v is None else str(v) for v in column.to_pylist()]
    if pa.types.is_timestamp(t):
        times, per = MICROSECONDS[t.unit]
        return [None if v is None else v * times // per for v in column.cast("int64").to_pylist()]
    if pa.types.is_date32(t):
        return [None if v is None else v * 86400 * 10**6 for v in column.cast("int32").to_pylist()]
    if pa.types.is_time(t):
        return [None if v is None else clock(v) for v in column.to_pylist()]
    if pa.types.is_decimal(t) or t == pa.uint64():
        return [None if v is None else float(v) for v in column.to_pylist()]
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or pa.types.is_fixed_size_binary(t):
        return [None if v is None else text("".join(chr(c) if c in PRINTABLE else f"\\x{c:02X}" for c in v))
                for v in column.to_pylist()]
    if pa.types.is_string(t) or pa.types.is_large_string(t):
        return [None if v is None else text(v) for v in column.to_pylist()]
    if pa.types.is_floating(t):
        return [None if v is None or math.isnan(v) else v for v in column.to_pylist()]
    return column.to_pylist()


def as_list(column):
    t = column.type
    if pa.types.is_timestamp(t):
        assert t.unit == "us"
        return column.cast("int64").to_pylist()
    if pa.types.is_floating(t):
        return [None if v is None or math.isnan(v) else v for v in column.to_pylist()]
    return column.to_pylist()


def check(path, truth=None, limit=None):
    truth = parquet.ParquetFile(path).read() if truth is None else truth
    mine = pa.table(hone.read(str(path), **({"limit": limit} if limit else {})))
    assert mine.column_names == truth.column_names
    for name in truth.column_names:
        there, here = wanted(truth[name])[:limit], as_list(mine[name])
        assert len(here) == len(there), name
        if here != there or [math.copysign(1, v) for v in here if isinstance(v, float)] != \
                [math.copysign(1, v) for v in there if isinstance(v, float)]:
            at = next(i for i in range(len(here)) if here[i] != there[i])
            raise AssertionError((name, truth[name].type, at, here[at], there[at]))


# ---- tables of every type --------------------------------------------------------------------------

def some(kind, rng, n, values):
    """values with none missing, some, many in a row, or all."""
    gone = {"none": np.zeros(n, bool), "some": rng.random(n) < 0.3, "all": np.ones(n, bool),
            "runs": np.repeat(rng.random(n // 37 + 1) < 0.5, 37)[:n]}[kind]
    return [None if g else v for g, v in zip(gone.tolist(), values)]


def every_type(seed, n, missing, different):
    rng = np.random.default_rng(seed)
    pick = lambda values: [values[i] for i in rng.integers(0, min(different, len(values)), n)]
    whole = lambda bits, signed=True: [int(v) for v in pick(
        rng.integers(-2**(bits - 1), 2**(bits - 1) - 1, 4096) if signed else rng.integers(0, 2**bits - 1, 4096, dtype="u8"))]
    reals = pick(np.concatenate([[0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324, math.nan], rng.normal(size=4000)]).tolist())
    texts = pick([f"text {v} {'é' * (v % 7)}{' ' * (v % 3)}" for v in rng.integers(0, 10**6, 4096)] + [""])
    blobs = pick([rng.bytes(int(k)) + b"!" for k in rng.integers(0, 20, 4096)])
    digits = lambda precision, scale: [decimal.Decimal(int(rng.integers(-10**15, 10**15)) * 10**max(0, precision - 16) + 7)
                                       .scaleb(-scale, decimal.Context(prec=60)) if precision > 15 else
                                       decimal.Decimal(int(rng.integers(-10**precision + 1, 10**precision))).scaleb(-scale)
                                       for _ in range(n)]
    columns = {
        "bool": pa.array(some(missing, rng, n, pick([True, False])), pa.bool_()),
        "flag": pa.array(some(missing, rng, n, (np.arange(n) // 100 % 2 == 0).tolist()), pa.bool_()),
        "row": pa.array(some(missing, rng, n, range(n)), pa.int64()),
        "f2": pa.array(some(missing, rng, n, np.array(reals, dtype="f2")), pa.float16()),
        "f4": pa.array(some(missing, rng, n, np.array(reals, dtype="f4").tolist()), pa.float32()),
        "f8": pa.array(some(missing, rng, n, reals), pa.float64()),
        "date": pa.array(some(missing, rng, n, [v // 64 for v in whole(32)]), pa.date32()),
        "text": pa.array(some(missing, rng, n, texts), pa.string()),
        "level": pa.array(some(missing, rng, n, texts), pa.string()).dictionary_encode(),
        "blob": pa.array(some(missing, rng, n, blobs), pa.binary()),
        "four": pa.array(some(missing, rng, n, [(b + b"....")[:4] for b in blobs]), pa.binary(4)),
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array(
            some(missing, rng, n, [uuid.UUID(int=int(v)).bytes for v in whole(60, False)]), pa.binary(16))),
    }
    for bits in (8, 16, 32, 64):
        columns[f"i{bits}"] = pa.array(some(missing, rng, n, whole(bits)), f"int{bits}")
        columns[f"u{bits}"] = pa.array(some(missing, rng, n, whole(bits, False)), f"uint{bits}")
    for unit, zone in itertools.product(["s", "ms", "us", "ns"], [None, "UTC"]):
        columns[f"time {unit} {zone}"] = pa.array(some(missing, rng, n, whole(40)), pa.timestamp(unit, zone))
    for unit, t in (("ms", pa.time32("ms")), ("us", pa.time64("us")), ("ns", pa.time64("ns"))):
        per = {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
        units = [int(v) // 1000 * 1000 if unit == "ns" else int(v) for v in rng.integers(0, 86400 * per, n)]
        columns[f"clock {unit}"] = pa.array(some(missing, rng, n, units), t)
    for precision, scale in ((5, 2), (15, 6), (18, 0), (38, 10)):
        columns[f"d{precision}"] = pa.array(some(missing, rng, n, digits(precision, scale)), pa.decimal128(precision, scale))
    columns["d60"] = pa.array(some(missing, rng, n, digits(60, 10)), pa.decimal256(60, 10))
    return pa.table(columns)



MISSING = ["none", "some", "runs", "all"]
CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
SHAPES = list(itertools.product(CODECS, ["1.0", "2.0"]))


@pytest.mark.parametrize("codec,pages", SHAPES)
def test_codecs_and_pages(codec, pages, tmp_path):
    """With dictionaries, which give up where there are many values, and pages and row groups of odd sizes."""
    for k, missing in enumerate(MISSING):
        table = every_type(zlib.crc32(f"{codec}{pages}{k}".encode()), [1500, 600, 400, 100][k], missing, [40, 4096, 3, 5][k])
        parquet.write_table(table, tmp_path / "t.parquet", compression=codec, data_page_version=pages,
                            data_page_size=[1 << 20, 1000, 100, 64][k], row_group_size=[5000, 333, 100, 31][k],
                            dictionary_pagesize_limit=[1 << 20, 500, 1 << 20, 64][k], write_page_checksum=k % 2 == 0,
                            write_batch_size=[1024, 100, 10, 7][k], store_decimal_as_integer=k == 1,
                            **(dict(version="1.0", coerce_timestamps="ms", allow_truncated_timestamps=True) if k == 1 else {}))
        check(tmp_path / "t.parquet")
        check(tmp_path / "t.parquet", limit=50)


ENCODINGS = {
    "PLAIN": lambda t: True,
    "BYTE_STREAM_SPLIT": lambda t: pa.types.is_floating(t) or pa.types.is_integer(t) or pa.types.is_decimal(t) or
    pa.types.is_fixed_size_binary(t),
    "DELTA_BINARY_PACKED": lambda t: pa.types.is_integer(t) or pa.types.is_temporal(t),
    "DELTA_LENGTH_BYTE_ARRAY": lambda t: pa.types.is_string(t) or pa.types.is_binary(t),
    "DELTA_BYTE_ARRAY": lambda t: pa.types.is_string(t) or pa.types.is_binary(t) or pa.types.is_fixed_size_binary(t) or
    pa.types.is_decimal(t),
    "RLE": pa.types.is_boolean,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding, tmp_path):
    for k, missing in enumerate(MISSING):
        table = every_type(k, [1000, 3000, 129, 40][k], missing, 4096)
        table = table.select([f.name for f in table.schema if ENCODINGS[encoding](f.type)])
        parquet.write_table(table, tmp_path / "t.parquet", use_dictionary=False, data_page_version=["1.0", "2.0"][k % 2],
                            column_encoding={name: encoding for name in table.column_names}, row_group_size=[700, 3000, 50, 40][k],
                            data_page_size=[1 << 20, 2000, 100, 100][k], compression=["none", "zstd", "snappy", "none"][k])
        check(tmp_path / "t.parquet")


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9])
def test_few_rows(n, tmp_path):
    for missing, optional in itertools.product(["none", "some"], [True, False]):
        table = every_type(n, n, missing, 100)
        if not optional and missing == "none":
            table = table.cast(pa.schema([f.with_nullable(False) for f in table.schema]))
        parquet.write_table(table, tmp_path / "t.parquet")
        check(tmp_path / "t.parquet")


def test_old_times(tmp_path):
    table = pa.table({"t": pa.array([0, -1, 1500, -1001, None, 2**62], pa.timestamp("ns"))})
    parquet.write_table(table, tmp_path / "t.parquet", use_deprecated_int96_timestamps=True)
    check(tmp_path / "t.parquet", table)


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"])
def test_polars(codec, tmp_path):
    pl = pytest.importorskip("polars")
    for seed, missing in enumerate(MISSING):
        table = every_type(seed, 1000, missing, 300).drop_columns(["f2", "uuid", "d60", "four"])
        pl.from_arrow(table).write_parquet(tmp_path / "t.parquet", compression=codec, row_group_size=[5000, 999, 100, 700][seed],
                                           data_page_size=[None, 500, 2000, 100][seed])
        check(tmp_path / "t.parquet")


def test_real_tables(tmp_path):
    """As hone reads them from CSV, and from what pyarrow makes of that."""
    for name in ("tabular/titanic/titanic.csv", "tabular/adult/adult_train.csv", "tabular/california_housing/housing.csv"):
        if not (DATA / name).exists():
            pytest.skip(f"{DATA / name} is not there")
        table = pa.table(hone.read(str(DATA / name)))
        for dictionary in (True, False):
            parquet.write_table(table, tmp_path / "t.parquet", row_group_size=5000, data_page_size=10000, use_dictionary=dictionary)
            again = pa.table(hone.read(str(tmp_path / "t.parquet")))
            for column in table.column_names:
                assert as_list(again[column]) == as_list(table[column]), (name, column)


def test_threads(tmp_path):
    """The same for any number of threads, across the bits that row groups share."""
    import subprocess
    table = every_type(5, 4001, "some", 500)
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=333, data_page_size=500)
    made = []
    program = os.environ.get("HONE", str(Path(os.environ.get("HONE_BUILD_DIR", Path(__file__).resolve().parents[2] / "build")) / "hone"))
    for threads in (1, 2, 3, 7):
        out = tmp_path / f"{threads}.arrow"
        subprocess.run([program, "data", "convert", tmp_path / "t.parquet", out, "--threads", str(threads), "--quiet"], check=True)
        made.append(out.read_bytes())
    assert all(m == made[0] for m in made)


def test_several_files(tmp_path):
    tables = [every_type(seed, 100, "some", 50).drop_columns(["uuid"]) for seed in range(3)]
    for k, table in enumerate(tables):
        parquet.write_table(table, tmp_path / f"part-{k}.parquet", row_group_size=37)
    check(tmp_path / "part-*.parquet", pa.concat_tables(tables))
    check(tmp_path / "part-*.parquet", pa.concat_tables(tables), limit=150)


def test_what_duckdb_reads(tmp_path):
    """Nested columns as JSON, columns in the names of folders, files with other columns than the first."""
    parquet.write_table(pa.table({"l": [[1, 2], None], "s": [{"a": 1}, {"a": None}], "x": [1, 2]}), tmp_path / "n.parquet")
    mine = pa.table(hone.read(str(tmp_path / "n.parquet")))
    assert as_list(mine["l"]) == ["[1,2]", None] and as_list(mine["x"]) == [1, 2]
    folder = tmp_path / "year=2024"
    folder.mkdir()
    parquet.write_table(pa.table({"x": [1, 2]}), folder / "a.parquet")
    assert as_list(pa.table(hone.read(str(folder / "a.parquet")))["year"]) == [2024, 2024]
    parquet.write_table(pa.table({"x": [1, 2], "y": ["a", "b"]}), tmp_path / "k1.parquet")
    parquet.write_table(pa.table({"y": ["c"], "x": pa.array([3], pa.int8())}), tmp_path / "k2.parquet")
    mine = pa.table(hone.read(str(tmp_path / "k*.parquet")))
    assert as_list(mine["x"]) == [1, 2, 3] and as_list(mine["y"]) == ["a", "b", "c"]


# ---- damage ----------------------------------------------------------------------------------------

def outcome(path, data):
    """The table, or what is said of the file."""
    path.write_bytes(data)
    try:
        return pa.table(hone.read(str(path)))
    except Exception as error:  # noqa: BLE001
        assert type(error).__module__.startswith("hone"), error
        said = str(error)
        assert (path.name in said or "holds a NUL byte" in said) and "\n" not in said and "parallel loop" not in said, said
        return said


def small(seed, **how):
    sink = pa.BufferOutputStream()
    parquet.write_table(every_type(seed, 60, "some", 20), sink, row_group_size=25, **how)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("how", [{"compression": "none"}, {"compression": "snappy", "data_page_version": "2.0"},
                                 {"compression": "zstd", "use_dictionary": False}, {"compression": "gzip"},
                                 {"compression": "lz4", "use_dictionary": False}, {"compression": "brotli"}],
                         ids=lambda how: "-".join(map(str, how.values())))
def test_damage(how, tmp_path):
    data, rng = small(1, **how), np.random.default_rng(len(how["compression"]))
    path = tmp_path / "bad.parquet"
    for n in [*range(0, 24), *rng.integers(0, len(data), 30).tolist(), *range(len(data) - 16, len(data))]:
        if n > 0:
            assert isinstance(outcome(path, data[:n]), str)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    for k in range(150):
        low, high = (footer, len(data)) if k % 2 else (4, footer)
        bad = bytearray(data)
        for _ in range(rng.integers(1, 4)):
            bad[int(rng.integers(low, high))] ^= 1 << int(rng.integers(0, 8))
        outcome(path, bytes(bad))


def test_checksums(tmp_path):
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"x": np.arange(1000.0)}), sink, compression="none", use_dictionary=False, write_page_checksum=True)
    data = bytearray(sink.getvalue().to_pybytes())
    data[2000] ^= 1
    said = outcome(tmp_path / "bad.parquet", bytes(data))
    assert "column 'x', row group 1: a page's checksum is another" in said


def test_encrypted(tmp_path):
    assert "encrypted" in outcome(tmp_path / "e.parquet", b"PAR1" + bytes(40) + b"\x10\0\0\0PARE")
