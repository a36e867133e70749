"""Values read out of texts and spellings brought together, against pandas, dateutil and plain Python, on real columns
made dirty; and rows served one at a time against the batch."""
import email.utils
import json
import random
import re
from collections import Counter
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from frames import fit, transform
from shared_data import DATA, columns

dateutil = pytest.importorskip("dateutil.parser")


def made(kind, texts, **params):
    frame = pd.DataFrame({"x": pd.Series(texts, dtype=object)})
    return transform(fit(kind, frame, **params), frame)["x"]


def report(kind, texts, **params):
    """What the step says of the column x."""
    import ctypes
    from models import TEXT
    frame = pd.DataFrame({"x": pd.Series(texts, dtype=object)})
    model, text = fit(kind, frame, **params), TEXT()
    model.check(model.lib.hone_model_describe(model.ctx, model.handle, ctypes.byref(text)))
    return json.loads(text.value)["model"]["fitted"]["columns"].get("x")


# ---- numbers

def written(value, rng, decimal):
    """A number as somebody may have written it: the text, and what it is."""
    mark = rng.choice([",", " ", "\u202f", "'", ""] if decimal == "." else [".", " ", "\xa0", ""])
    digits = rng.choice([0, 1, 2])
    text = f"{abs(value):,.{digits}f}".replace(",", "\0").replace(".", decimal).replace("\0", mark)
    value = round(abs(value), digits) * (-1 if value < 0 else 1)
    front = rng.choice(["", "", "$", "€ ", "USD ", "£"])
    back = rng.choice(["", "", " kg", " per", "%", " €"]) if not front else ""
    if value < 0:
        text = rng.choice(["-{}", "\u2212{}", "({})"]).format(front + text)
        return (text if ")" in text else text + back), value
    return front + text + back, value


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("name,file,column", [
    ("insurance", "insurance.csv", "charges"), ("california_housing", "housing.csv", "median_house_value"),
    ("boston", "boston.csv", "MEDV"), ("ames", "ames.csv", "Sale_Price")])
def test_numbers(name, file, column, decimal):
    rng = random.Random(3)
    values = [float(v) for v in columns(name, file)[column][:700] if v is not None]
    pairs = [written(v * rng.choice([1, -1, 1000, 0.01]), rng, decimal) for v in values]
    texts = [text for text, _ in pairs] + ["n.n.", "12.34.56", "call us", "2020-01-05", "12:30", "007", None]
    got = made("parse_number", texts)
    np.testing.assert_allclose(got[:len(pairs)], [value for _, value in pairs], rtol=1e-14)
    assert got[len(pairs):].isna().all()
    said = report("parse_number", texts)
    assert said["decimal"] == decimal and said["read"] == len(pairs) and said["lost"] == 6


def test_numbers_as_pandas_reads_them():
    import io
    texts = ["1,234.5", "-7", "12", "1e3", ".5", "5.", "1,234,567", "+3"]
    wanted = pd.read_csv(io.StringIO("x\n" + "\n".join(f'"{t}"' for t in texts)), thousands=",")["x"]
    np.testing.assert_array_equal(made("parse_number", texts), wanted.astype(float))


@pytest.mark.parametrize("text,value", [
    ("1.2k", 1200), ("3M", 3e6), ("$4.5 bn", 4.5e9), ("1.2e-3", 1.2e-3), ("12,34,567.5", 1234567.5), ("3.5-", -3.5),
    ("5kg", 5), ("12 m\u00b2", 12), ("1_000", 1000), ("0.5", 0.5), ("-$5", -5), ("US$ 1,000", 1000), ("3 rooms", 3)])
def test_one_number(text, value):
    assert made("parse_number", [text, "1.5", "2.5"])[0] == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["A/5 21171", "C85", "1,23,45", "1 2", "--5", "1.2.3", "", " ", "$", "4x4", "12 Main Street",
                                  "1e999", "(5", "0x10", "1/2", "nan", "inf", "١٢"])
def test_no_number(text):
    assert np.isnan(made("parse_number", [text, "1.5", "2.5", "3.5"])[0])


def test_units():
    texts = ["1 kg", "500 g", "2 kg", "1,000 mg", "3", "7 m", "5 apples", "2 lb"]
    got = made("parse_number", texts, units="convert")
    np.testing.assert_allclose(got, [1, 0.5, 2, 0.001, 3, np.nan, np.nan, 0.90718474])
    np.testing.assert_allclose(made("parse_number", texts, units="convert", unit="g")[:5], [1000, 500, 2000, 1, 3])
    np.testing.assert_allclose(made("parse_number", ["12%", "50 %", "0.25 fraction"], units="convert", unit="fraction"),
                               [0.12, 0.5, 0.25])


def test_units_of_another_family_leave_a_column_as_it_is():
    """Lengths are no weights: a column of which too little is read stays, and is not lost."""
    texts = ["1 m", "2 m", "3 cm", "4 kg"]
    assert list(made("parse_number", texts, units="convert", unit="kg")) == texts
    assert report("parse_number", texts, units="convert", unit="kg") is None
    said = report("parse_number", texts, units="convert")
    assert (said["read"], said["lost"], said["example"], said["unit"]) == (3, 1, "4 kg", "m")


def test_other_columns_stay():
    frame = pd.DataFrame({"x": ["$1", "$2", "$3"], "name": ["a", "b1", "3"], "n": [1.5, 2, 3]})
    got = transform(fit("parse_number", frame), frame)
    assert list(got["x"]) == [1, 2, 3] and list(got["name"]) == ["a", "b1", "3"] and list(got["n"]) == [1.5, 2, 3]
    assert np.isnan(transform(fit("parse_number", frame, min_read=0), frame)["name"][0])


# ---- times

FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%d-%m-%y", "%b %d, %Y", "%d %B %Y", "%A, %d %b %Y %I:%M %p",
           "%Y/%m/%d %H:%M:%S", "%Y%m%d", "%d %b %y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%B %d %Y at %I%p"]


def as_utc(text, day_first):
    day_first = day_first and not re.match(r"\d{4}", text)  # dateutil would take 2020-02-03 for the 2nd of March
    when = dateutil.parse(text, dayfirst=day_first, default=datetime(2000, 1, 1))
    return when if when.tzinfo is None else when.astimezone(timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize("day_first", [True, False])
@pytest.mark.parametrize("name,file,column", [
    ("series/apple_ohlcv", "finance-charts-apple.csv", "Date"), ("series/daily_min_temp", "daily-min-temperatures.csv", "Date"),
    ("series/nab", "realKnownCause/nyc_taxi.csv", "timestamp"), ("series/vic_elec", "vic_elec.csv", "Time")])
def test_times(name, file, column, day_first):
    path = DATA / name / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    rng = random.Random(5)
    whole = pd.read_csv(path)[column]
    stamps = pd.to_datetime(whole[::len(whole) // 500]).dt.tz_localize(None)
    swapped = [f if day_first else f.replace("%d.%m.%Y", "%m.%d.%Y").replace("%d/%m/%Y", "%m/%d/%Y").replace(
        "%d-%m-%y", "%m-%d-%y") for f in FORMATS]
    texts = [when.strftime(rng.choice(swapped)) for when in stamps]
    got = made("parse_time", texts + ["soon", "31.31.2020"])
    wanted = [as_utc(text, day_first) for text in texts]
    assert got[:len(texts)].dt.tz_localize(None).tolist() == [pd.Timestamp(w) for w in wanted] and got[len(texts):].isna().all()
    said = report("parse_time", texts + ["soon", "31.31.2020"])
    assert said["order"] == ("day_first" if day_first else "month_first") and said["lost"] == 2 and said["decided_by"] > 0


def test_mail():
    """The Date lines of old mail, as the standard library reads them."""
    path = DATA / "text/mini_newsgroups/mini_newsgroups.jsonl"
    if not path.exists():
        pytest.skip("no newsgroups")
    texts, wanted = [], []
    for line in path.read_text().splitlines():
        found = re.search(r"^Date: (.*)$", " ".join(map(str, [json.loads(line).get(k, "") for k in ("text",)])), re.M)
        if not found:
            continue
        when = email.utils.parsedate_tz(found.group(1))
        if when is None or when[0] < 1900:
            continue
        known = re.search(r"(GMT|UTC|UT|[ECMP][SD]T|[+-]\d{4})\s*(\([A-Z ]*\))?$", found.group(1))
        if not known:
            continue
        texts.append(found.group(1).strip())
        wanted.append(datetime.fromtimestamp(email.utils.mktime_tz(when), timezone.utc).replace(tzinfo=None))
    assert len(texts) > 500
    got = made("parse_time", texts).dt.tz_localize(None)
    same = sum(g == pd.Timestamp(w) for g, w in zip(got, wanted))
    assert same >= len(texts) - 3, [(t, g) for t, g, w in zip(texts, got, wanted) if g != pd.Timestamp(w)][:5]


def test_time_formats():
    rng = np.random.default_rng(1)
    stamps = pd.Series(pd.to_datetime(rng.integers(-10**9, 4 * 10**9, 500), unit="s"))
    for form in ("%d.%m.%Y %H:%M:%S", "%y%m%d", "%j/%Y", "%I:%M:%S %p %d %b %Y", "%I:%M %d.%m.%Y", "%s"):
        texts = [str(int(t.timestamp())) if form == "%s" else t.strftime(form) for t in stamps]
        wanted = stamps if form == "%s" else pd.Series([datetime.strptime(t, form) for t in texts])
        got = made("parse_time", [t + " " for t in texts] + ["x"], formats=[form])[:-1]
        assert (got.dt.tz_localize(None).astype("datetime64[us]") == wanted.astype("datetime64[us]")).all(), form
    with pytest.raises(RuntimeError, match="%Q"):
        made("parse_time", ["a"], formats=["%Q"])


# ---- truth values

def test_bools():
    words = {True: ["yes", "Y", " true", "T", "on", "1", "YES "], False: ["no", "N", "false", "F", "off", "0", "No"]}
    rng = random.Random(1)
    wanted = [rng.random() < 0.5 for _ in range(300)]
    texts = [rng.choice(words[w]) for w in wanted] + ["maybe", None, "2"]
    got = made("parse_bool", texts)
    assert list(got[:300].astype(bool)) == wanted and got[300:].isna().all()
    assert report("parse_bool", texts)["lost"] == 2
    assert list(made("parse_bool", ["ja", "nein", "ja"], true_words=["JA"], false_words=["nein"])) == [True, False, True]
    with pytest.raises(RuntimeError, match="both|among"):
        made("parse_bool", ["ja"], true_words=["ja"], false_words=["Ja"])


# ---- spellings

def misspell(name, rng):
    """One letter wrong, space, case or order: as people type."""
    how = rng.randrange(6)
    at = rng.randrange(1, len(name) - 1) if len(name) > 2 else 0
    if how == 0:
        return name.upper()
    if how == 1:
        return "  " + name.replace("_", "  ").replace(" ", "  ") + " "
    if how == 2 and len(name) > 7:
        return name[:at] + name[at + 1:] if not name[at].isdigit() else name
    if how == 3 and len(name) > 7 and not name[at].isdigit() and not name[at + 1:at + 2].isdigit():
        return name[:at] + name[at + 1:at + 2] + name[at] + name[at + 2:]
    if how == 4:
        return " ".join(reversed(re.split("[ _]", name)))
    return name.lower()


@pytest.mark.parametrize("name,file,column", [
    ("ames", "ames.csv", "Neighborhood"), ("german_credit", "credit.csv", "job"), ("adult", "adult_train.csv", "occupation"),
    ("telco_churn", "Telco-Customer-Churn.csv", "PaymentMethod"), ("adult", "adult_train.csv", "income")])
def test_names(name, file, column):
    rng = random.Random(7)
    clean = [str(v).strip() for v in columns(name, file)[column][:3000] if v is not None]
    names = set(clean)
    dirty = [misspell(v, rng) if rng.random() < 0.04 else v for v in clean]
    got = made("clean_categories", dirty)
    often = Counter(clean)
    rare = {n for n in names if often[n] < 50}  # spellings of these may be as frequent as they are
    wrong = [(d, g, c) for d, g, c in zip(dirty, got, clean) if g != c and c not in rare]
    assert not wrong, wrong[:5]
    assert got.nunique() <= len(names) + len(rare)
    said = report("clean_categories", dirty)
    assert said["after"] < said["before"] and said["changed_rows"] >= sum(d != c for d, c in zip(dirty, clean)) - 50


def test_names_apart():
    """What is like each other but not the same."""
    texts = ["male"] * 50 + ["female"] * 9 + ["Contract 1"] * 30 + ["Contract 2"] * 2 + [">50K"] * 40 + ["<=50K"] * 3 + [
        "Iran"] * 30 + ["Iraq"] + ["Australia"] * 40 + ["Austria"] + ["Story_Finished_All"] * 30 + ["Story_Unfinished_All"] + [
        "significant"] * 40 + ["non-significant", "insignificant"]
    assert list(made("clean_categories", texts)) == texts


def test_names_options():
    texts = ["New York"] * 5 + ["new  york", "NYC", "nyc ", "York, New", " ", None, "Boston"]
    got = made("clean_categories", texts, aliases=["NYC = New York"])
    assert list(got[:9]) == ["New York"] * 9 and got[9:11].isna().all() and got[11] == "Boston"
    assert made("clean_categories", texts, letters="lower", any_order=False, similarity="off").nunique() == 4
    assert made("clean_categories", texts, letters="keep", any_order=False, similarity="off").nunique() == 6
    with pytest.raises(RuntimeError, match="alias = name"):
        made("clean_categories", texts, aliases=["NYC"])


def osa(a, b):
    """Damerau's distance with each place changed once, plainly."""
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1)
    return d[-1][-1]


@pytest.mark.parametrize("least", [0.5, 0.7, 0.9])
def test_distance(least):
    """Two names of random letters become one just where they are alike enough."""
    rng = random.Random(int(least * 10))
    for _ in range(150):
        a = "".join(rng.choice("abcdeé") for _ in range(rng.randint(2, 14)))
        b = list(a)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(b) + 1)
            b[at:at + rng.randint(0, 2)] = rng.choice(["", "x", "ab", "c"])
        b = "".join(b) or "q"
        if a == b:
            continue
        got = made("clean_categories", [a] * 100 + [b], similarity=least, any_order=False)
        assert (got[100] == a) == (1 - osa(a, b) / max(len(a), len(b)) >= least - 1e-12), (a, b)


def test_unseen_texts_keep_what_they_say():
    """A step given new rows reads the texts that training did not have."""
    train = pd.DataFrame({"x": ["$1", "$2", "$3", "$2"] * 20, "c": ["Berlin", "Hamburg", "berlin ", "München"] * 20})
    new = pd.DataFrame({"x": ["$9.50", "2", "7 kg", "x"], "c": ["BERLIN", "Hamburgg", "Köln", " munchen"]})
    got = transform(fit("parse_number", train), new)["x"]
    np.testing.assert_array_equal(got, [9.5, 2, 7, np.nan])
    assert list(transform(fit("clean_categories", train), new)["c"]) == ["Berlin", "Hamburg", "Köln", "München"]
    lower = transform(fit("derive", train, expressions=["l = lower(c)"]), new)["l"]
    assert list(lower) == ["berlin", "hamburgg", "köln", " munchen"]
