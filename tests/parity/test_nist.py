"""NIST's Statistical Reference Datasets: digits that agree with the certified values."""
import json
import re

import numpy as np
import pytest
from models import Model
from program import SHARED

NIST = SHARED / "data" / "nist"


def numbers(folder, name):
    path = NIST / folder / f"{name}.dat"
    if not path.exists():
        pytest.skip(f"no {path}")
    certified = json.loads((path.parent / "certified.json").read_text())[name]
    number = re.compile(r"^[-+.\dEe\s]+$")
    rows = []
    for line in reversed(path.read_text().splitlines()):
        if not line.strip() and not rows:
            continue
        if not number.match(line) or not any(c.isdigit() for c in line):
            break
        rows.append([float(cell) for cell in line.split()])
    assert len(rows) == certified["n"]
    return np.array(rows[::-1]), certified


def digits(got, certified):
    wanted = np.array(certified, float)
    error = np.abs(np.asarray(got) - wanted) / np.where(wanted == 0, 1, np.abs(wanted))
    return -np.log10(np.max(error) + 1e-16)


@pytest.mark.parametrize("name,least", [("Norris", 13), ("NoInt1", 14), ("Longley", 14), ("Filip", 7), ("Wampler1", 14),
                                        ("Wampler2", 12), ("Wampler3", 14), ("Wampler5", 14)])
def test_linear(name, least):
    data, certified = numbers("linear", name)
    y, x = data[:, 0], data[:, 1:]
    if degree := re.search(r"degree (\d+)", certified["model"]):
        x = x ** np.arange(1, int(degree[1]) + 1)
    intercept = "origin" not in certified["model"]
    mine = Model("least_squares", intercept=intercept).fit(x, y)
    arrays, report = mine.arrays, mine.report
    coef, error = arrays["coef"][0], arrays["error"]
    if intercept:
        coef, error = np.r_[arrays["intercept"], coef], np.r_[arrays["intercept_error"], error]
    assert digits(coef, certified["coef"]) >= least
    if float(certified["residual_sd"]) > 0:
        assert digits(error, certified["coef_sd"]) >= min(least, 13)
        assert digits(report["residual_sd"], certified["residual_sd"]) >= min(least, 13)
    else:
        assert np.max(error / np.abs(coef)) < 1e-8


@pytest.mark.parametrize("name,least", [("Lew", 14), ("Lottery", 14), ("Michelso", 13), ("NumAcc1", 14),
                                        ("NumAcc2", 14), ("NumAcc3", 9), ("PiDigits", 14)])
def test_univariate(name, least):
    """NumAcc3's numbers are rounded to 17 digits, of which its deviation is the last nine."""
    data, certified = numbers("univariate", name)
    fitted = Model("standard_scale").fit(data).arrays
    n = len(data)
    assert digits(fitted["shift"], certified["mean"]) >= 14
    assert digits(fitted["spread"] * np.sqrt(n / (n - 1)), certified["sd"]) >= least
