"""Real tables for parity tests, as numbers: numpy arrays out of the shared folder, or a skip without it."""
import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(os.environ.get("HONE_SHARED", Path(__file__).resolve().parents[2].parent / "shared")) / "data" / "tabular"
CLASSES = {"iris": ("iris.csv", "species"), "wine": ("wine.csv", "class"), "digits": ("digits.csv", "digit"),
           "breast_cancer": ("breast_cancer.csv", "diagnosis"), "penguins": ("penguins.csv", "species"),
           "letter": ("letter.csv", None), "german_credit": ("credit.csv", "default")}
NUMBERS = {"diabetes": ("diabetes.csv", "target"), "boston": ("boston.csv", "MEDV"),
           "concrete": ("concrete.csv", "strength"), "auto_mpg": ("mpg.csv", "mpg"),
           "insurance": ("insurance.csv", "charges")}


@lru_cache(maxsize=None)
def columns(name, file):
    """{column: numpy array}, rows with missing values left out of tables of numbers."""
    csv = pytest.importorskip("pyarrow.csv")
    path = FOLDER / name / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    options = csv.ConvertOptions(null_values=["", "NA", "?"], strings_can_be_null=True)
    table = csv.read_csv(path, convert_options=options)
    return {key: table[key].to_numpy() for key in table.column_names}


def split(name, file, target):
    """Numeric columns as a matrix and the target, of the rows that have them all."""
    table = dict(columns(name, file))
    y = table.pop(target or next(iter(table)))
    x = np.column_stack([v.astype(np.float64) for v in table.values() if v.dtype.kind in "fib"])
    full = np.isfinite(x).all(1) & np.array([v is not None and v == v for v in y])
    return np.ascontiguousarray(x[full]), y[full]


def classes(name):
    """x float64 of the numeric columns, y class indices."""
    x, y = split(name, *CLASSES[name])
    return x, np.unique(y, return_inverse=True)[1]


def numbers(name):
    """x float64 of the numeric columns, y float64."""
    x, y = split(name, *NUMBERS[name])
    return x, y.astype(np.float64)


def codes(name, file, target):
    """x int64 codes of all columns taken as categories, y class indices."""
    table = {key: np.unique([str(v) for v in values], return_inverse=True)[1]
             for key, values in columns(name, file).items()}
    y = table.pop(target)
    return np.column_stack(list(table.values())).astype(np.int64), y


def scaled(x):
    sd = x.std(0)
    return (x - x.mean(0)) / np.where(sd > 0, sd, 1)
