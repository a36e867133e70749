"""Every function of expressions against pandas, numpy or plain Python on random columns with gaps."""
import fnmatch
import math
import re
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from frames import fit, transform
from models import declarations

rng = np.random.default_rng(11)
N = 400
WORDS = ["Braund, Mr. Owen", "a-b-c", "ÄÖ ü", "", "  pad  ", "x", "007", "1,234.50", "A/5 21171", "naïve Café", "a%b_c", "..", "aaa"]


def gappy(values):
    values = pd.Series(values)
    values[rng.random(len(values)) < 0.1] = None
    return values


FRAME = pd.DataFrame({
    "x": gappy(rng.normal(0, 3, N)), "z": gappy(rng.normal(0, 3, N)), "n": gappy(rng.integers(-5, 6, N).astype(float)),
    "s": gappy(pd.Series(rng.choice(WORDS, N), dtype=object)), "c": gappy(pd.Series(rng.choice(["a", "B", "-", "12"], N), dtype=object)),
    "t": gappy(pd.Series(pd.to_datetime(rng.integers(-2 * 10**9, 4 * 10**9, N), unit="s"))),
    "u": gappy(pd.Series(pd.to_datetime(rng.integers(-2 * 10**9, 4 * 10**9, N), unit="s"))),
    "b": gappy(pd.Series(rng.random(N) < 0.5, dtype=object))})


def got(expression, frame=FRAME):
    return transform(fit("derive", frame, expressions=[f"made = {expression}"]), frame)["made"]


def by_row(function, *names):
    """function of a row's values where none is missing."""
    rows = zip(*(FRAME[name] for name in names))
    return [None if any(v is None or v is pd.NaT or v != v for v in row) else function(*row) for row in rows]


def same(expression, wanted, tolerance=0.0):
    made = got(expression)
    for i, (g, w) in enumerate(zip(made, wanted)):
        missing = w is None or w is pd.NaT or w != w or (isinstance(w, float) and math.isinf(w))
        if missing:
            assert pd.isna(g), (expression, FRAME.iloc[i].to_dict(), g)
        elif isinstance(w, str):
            assert not pd.isna(g) and str(g) == w, (expression, FRAME.iloc[i].to_dict(), g, w)
        elif isinstance(w, (datetime, pd.Timestamp)):
            assert not pd.isna(g) and pd.Timestamp(g).tz_localize(None) == pd.Timestamp(w), (expression, FRAME.iloc[i].to_dict(), g, w)
        else:
            assert not pd.isna(g) and abs(float(g) - float(w)) <= tolerance * max(1, abs(float(w))), (
                expression, FRAME.iloc[i].to_dict(), g, w)


def domain(function):
    def safe(*args):
        try:
            return function(*args)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
    return safe


@pytest.mark.parametrize("expression,function", [
    ("abs(x)", abs), ("sign(x)", np.sign), ("floor(x)", math.floor), ("ceil(x)", math.ceil), ("trunc(x)", math.trunc),
    ("sqrt(x)", math.sqrt), ("exp(x)", math.exp), ("expm1(x)", math.expm1), ("log(x)", math.log), ("log1p(x)", math.log1p),
    ("log2(x)", math.log2), ("log10(x)", math.log10), ("sin(x)", math.sin), ("cos(x)", math.cos), ("tan(x)", math.tan),
    ("asin(x / 3)", lambda x: math.asin(x / 3)), ("acos(x / 3)", lambda x: math.acos(x / 3)), ("atan(x * 3)", lambda x: math.atan(x * 3)),
    ("tanh(x)", math.tanh), ("sigmoid(x)", lambda x: 1 / (1 + math.exp(-x))), ("degrees(x)", math.degrees),
    ("radians(x)", math.radians), ("cbrt(x)", np.cbrt)], ids=str)
def test_of_one_number(expression, function):
    same(expression, by_row(domain(function), "x"), 1e-14)


@pytest.mark.parametrize("expression,function", [
    ("x + z", lambda x, z: x + z), ("x - z", lambda x, z: x - z), ("x * z", lambda x, z: x * z), ("x / n", lambda x, n: x / n),
    ("x % n", lambda x, n: x - n * math.floor(x / n)), ("x ^ n", lambda x, n: x ** n), ("pow(abs(x), z)", lambda x, z: abs(x) ** z),
    ("atan2(x, n)", math.atan2), ("min(x, z)", min), ("max(x, z)", max),
    ("clip(x, -1, 2)", lambda x: min(max(x, -1), 2)), ("haversine(x, z, n, 10)", None)], ids=str)
def test_of_numbers(expression, function):
    names = [n for n in ("x", "z", "n") if re.search(rf"\b{n}\b", expression)]
    if function is None:
        def function(a, b, c):
            a, b, c, d = map(math.radians, (a, b, c, 10))
            h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
            return 2 * 6371.0088 * math.asin(math.sqrt(h))
    same(expression, by_row(domain(function), *names), 1e-12)


def test_of_a_row():
    columns = FRAME[["x", "z", "n"]].astype(float)
    same("least(x, z, n)", columns.min(axis=1))
    same("greatest(x, z, n)", columns.max(axis=1))
    same("sum(x, z, n)", columns.sum(axis=1, min_count=1), 1e-14)
    same("mean(x, z, n)", columns.mean(axis=1), 1e-14)
    same("coalesce(x, z, 7)", columns.x.fillna(columns.z).fillna(7))
    same("nullif(n, 2)", columns.n.mask(columns.n == 2))
    same("nullif(s, 'x')", FRAME.s.mask(FRAME.s == "x"))
    same("round(x, 1)", by_row(lambda x: math.copysign(math.floor(abs(x) * 10 + 0.5) / 10, x) + 0.0, "x"))


def test_conditions():
    x, n, s, b = FRAME.x, FRAME.n, FRAME.s, FRAME.b
    same("case when x > 1 then 'high' when x > 0 then 'low' else 'none' end",
         np.select([x > 1, x > 0], ["high", "low"], "none"))  # missing goes to else, as in SQL
    same("CASE s WHEN 'x' THEN 1 WHEN '' THEN 2 END", [1 if v == "x" else 2 if v == "" else None for v in s])
    same("case when b then x when n > 0 then z end",
         [p if t is True else q if m > 0 else None for t, p, q, m in zip(b, x, FRAME.z, n)])
    same("if(x > 1, x, z)", by_row(lambda x: x, "x") and [None if v != v else v if v > 1 else w for v, w in zip(x, FRAME.z)])
    same("x between -1 and n", [None if (v != v and (w != w or True)) else (None if w != w and v >= -1 else v >= -1 and v <= w)
                                for v, w in zip(x, n)])
    same("n not between 0 and 2", by_row(lambda n: not 0 <= n <= 2, "n"))
    same("n in (1, 2, -5)", by_row(lambda n: n in (1, 2, -5), "n"))
    same("s not in ('x', '')", by_row(lambda s: s not in ("x", ""), "s"))
    same("x is null", x.isna())
    same("s is not missing", s.notna())
    same("b is true", [v is True for v in b])
    same("b is not true", [v is not True for v in b])
    same("b is false", [v is False for v in b])
    same("x > 0 and z > 0 or not b", [kleene(p, q, r) for p, q, r in zip(x, FRAME.z, b)])


def kleene(x, z, b):
    p, q = (None if v != v else v > 0 for v in (x, z))
    both = False if p is False or q is False else None if p is None or q is None else True
    other = None if b is None or b != b else not b
    return True if both or other else None if both is None or other is None else False


def like(text, pattern):
    return re.fullmatch(re.escape(pattern).replace("%", ".*").replace("_", "."), text, re.S) is not None


@pytest.mark.parametrize("pattern", ["%a%", "_", "a-%-c", "%", "", "%.%", "A/5%", "__%", "%Café", "a%a", "%a%a%a%"])
def test_like(pattern):
    same(f"s like '{pattern}'", by_row(lambda s: like(s, pattern), "s"))
    same(f"s not ilike '{pattern}'", by_row(lambda s: not like(s.lower(), pattern.lower()), "s"))


def test_like_escapes():
    same(r"s like 'a\%b\_c'", by_row(lambda s: s == "a%b_c", "s"))


@pytest.mark.parametrize("expression,function", [
    ("lower(s)", str.lower), ("upper(s)", str.upper), ("trim(s)", str.strip), ("ltrim(s)", str.lstrip), ("rtrim(s)", str.rstrip),
    ("trim(s, 'a.')", lambda s: s.strip("a.")), ("ltrim(s, '0Ä')", lambda s: s.lstrip("0Ä")), ("rtrim(s, 'éc')", lambda s: s.rstrip("éc")),
    ("length(s)", len), ("reverse(s)", lambda s: s[::-1]), ("repeat(s, 3)", lambda s: s * 3), ("title(s)", None),
    ("left(s, 3)", lambda s: s[:3]), ("left(s, -2)", lambda s: s[:-2]), ("right(s, 3)", lambda s: s[-3:]),
    ("right(s, -2)", lambda s: s[2:]), ("left(s, 0)", lambda s: ""), ("right(s, 0)", lambda s: ""),
    ("lpad(s, 5)", lambda s: s.rjust(5)[:5]), ("rpad(s, 5)", lambda s: s.ljust(5)[:5]),
    ("lpad(s, 6, '0')", lambda s: s.rjust(6, "0")[:6]), ("rpad(s, 8, 'äb')", lambda s: (s + "äb" * 4)[:max(8, 0)]),
    ("substr(s, 2, 3)", lambda s: s[1:4]), ("substr(s, -3)", lambda s: s[-3:]),
    ("replace(s, 'a', 'bb')", lambda s: s.replace("a", "bb")), ("position(s, 'a')", lambda s: s.find("a") + 1),
    ("position(s, 'é')", lambda s: s.find("é") + 1), ("count(s, 'a')", lambda s: s.count("a")),
    ("count(s, '-')", lambda s: s.count("-")), ("contains(s, ',')", lambda s: "," in s),
    ("starts_with(s, 'a')", lambda s: s.startswith("a")), ("ends_with(s, 'c')", lambda s: s.endswith("c")),
    ("split_part(s, '-', 2)", lambda s: (s.split("-") + [None] * 2)[1]), ("split_part(s, '-', -1)", lambda s: s.split("-")[-1]),
    ("regex_match(s, '[0-9]+')", lambda s: bool(re.search("[0-9]+", s))), ("regex_count(s, '[a-z]')", lambda s: len(re.findall("[a-z]", s))),
    ("regex_count(s, 'a*')", lambda s: len(re.findall("a*", s))), ("regex_count(s, '\\bb?')", lambda s: len(re.findall(r"\bb?", s))),
    ("regex_extract(s, '([A-Z])([a-z]*)', 2)", lambda s: (m := re.search("([A-Z])([a-z]*)", s)) and m.group(2)),
    ("regex_replace(s, '([a-z])-', '$1+')", lambda s: re.sub("([a-z])-", r"\1+", s)),
    ("concat(s, '/', s)", lambda s: f"{s}/{s}"), ("to_number(s)", lambda s: float(s) if re.fullmatch(r"\s*[0-9.]*[0-9]+\s*", s) else None),
    ("parse_number(s)", lambda s: {"1,234.50": 1234.5}.get(s))], ids=str)
def test_of_texts(expression, function):
    if function is None:
        def function(s):
            return re.sub(r"[^\W_]+", lambda m: m.group()[0].upper() + m.group()[1:].lower(), s)
    same(expression, by_row(function, "s"))


@pytest.mark.parametrize("expression,function", [
    ("year(t)", lambda t: t.year), ("quarter(t)", lambda t: t.quarter), ("month(t)", lambda t: t.month), ("day(t)", lambda t: t.day),
    ("hour(t)", lambda t: t.hour), ("minute(t)", lambda t: t.minute), ("second(t)", lambda t: t.second),
    ("weekday(t)", lambda t: t.weekday()), ("day_of_year(t)", lambda t: t.dayofyear), ("week(t)", lambda t: t.isocalendar()[1]),
    ("iso_year(t)", lambda t: t.isocalendar()[0]), ("days_in_month(t)", lambda t: t.days_in_month),
    ("epoch(t)", lambda t: t.timestamp()), ("date_trunc('day', t)", lambda t: t.normalize()),
    ("date_trunc('hour', t)", lambda t: t.floor("h")), ("date_trunc('minute', t)", lambda t: t.floor("min")),
    ("date_trunc('second', t)", lambda t: t.floor("s")), ("date_trunc('month', t)", lambda t: t.to_period("M").start_time),
    ("date_trunc('quarter', t)", lambda t: t.to_period("Q").start_time), ("date_trunc('YEAR', t)", lambda t: t.to_period("Y").start_time),
    ("date_trunc('week', t)", lambda t: t.to_period("W").start_time), ("format_time(t, '%Y-%m-%d %H:%M:%S')", lambda t: str(t)),
    ("format_time(t, '%a %A %b %B %d %j %y %I %p %f %%')", lambda t: t.strftime("%a %A %b %B %d %j %y %I %p %f %%")),
    ("to_timestamp(format_time(t, '%d.%m.%Y %H:%M:%S'), '%d.%m.%Y %H:%M:%S')", lambda t: t),
    ("to_timestamp(format_time(t, '%s'), '%s')", lambda t: t),
    ("make_date(year(t), month(t), 29)", lambda t: pd.Timestamp(t.year, t.month, 29) if t.days_in_month >= 29 else None)], ids=str)
def test_of_times(expression, function):
    same(expression, by_row(function, "t"))


@pytest.mark.parametrize("unit", ["year", "quarter", "month", "week", "day", "hour", "minute", "second"])
def test_adding_and_between(unit):
    offset = (lambda n: pd.DateOffset(months=3 * n)) if unit == "quarter" else lambda n: pd.DateOffset(**{unit + "s": n})
    same(f"date_add(t, n, '{unit}')", by_row(lambda t, n: t + offset(int(n)), "t", "n"))

    def between(t, u):
        """The largest count that does not go beyond u, by adding."""
        sign = 1 if u >= t else -1
        days = {"year": 365.2425, "quarter": 91.31, "month": 30.44, "week": 7, "day": 1, "hour": 1 / 24, "minute": 1 / 1440,
                "second": 1 / 86400}[unit]
        k = int(abs((u - t).total_seconds()) / 86400 / days) + 2
        while k > 0 and (t + offset(sign * k) - u).total_seconds() * sign > 0:
            k -= 1
        return sign * k
    same(f"date_diff('{unit}s', t, u)", by_row(between, "t", "u"))


def test_faults():
    for expression, message in [("date_trunc('fortnight', t)", "no unit of time"), ("format_time(t, '%Q')", "no format"),
                                ("case when x > 1 then 2", "'end' is missing"), ("case x then 2 end", "'when' is missing"),
                                ("x between 1", "'and' is missing"), ("x is 3", "null, missing"), ("x not 3", "goes with"),
                                ("s like 3", "text"), ("repeat(s, 1e9)", "more than"), ("lpad('a', 1e9)", "more than"),
                                ("case when x then 1 end", "compare it")]:
        with pytest.raises(RuntimeError, match=message):
            got(expression)


def test_words_may_name_columns():
    frame = pd.DataFrame({"case": [1.0, 2.0], "end": [3.0, 4.0], "like": [5.0, 6.0], "is": [7.0, 8.0]})
    assert list(got("case + 1", frame)) == [2, 3]
    assert list(got("`case` + end", frame)) == [4, 6] and list(got("like * 2", frame)) == [10, 12] and list(got("is", frame)) == [7, 8]
    assert list(got("case when case > 1 then end else 0 end", frame)) == [0, 4]


def test_every_function_is_here():
    """Each function of the table stands in some expression above or in its own example, which the unit test holds true."""
    import pathlib
    text = pathlib.Path(__file__).read_text()
    left = {f["name"] for f in declarations()["functions"]} - set(re.findall(r"([a-z_0-9]+)\(", text))
    assert left <= {"is_missing", "cut", "to_text", "days_between", "ilike"}, left
    edges = [-3, -1, 0, 2.5]
    same("cut(x, [-3, -1, 0, 2.5], ['a', 'b', 'c'])", pd.cut(FRAME.x.astype(float), edges, labels=["a", "b", "c"]).astype(object))
    same("cut(x, [-3, -1, 0, 2.5])", pd.cut(FRAME.x.astype(float), edges, labels=False))
    same("days_between(t, u)", (FRAME.u - FRAME.t) / pd.Timedelta(days=1), 1e-14)
    same("is_missing(x)", FRAME.x.isna())
