"""Real tables as numbers, for parity tests."""
import csv
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
REGRESSION = {"diabetes": "target", "boston": "MEDV", "concrete": "strength", "winequality_white": "quality",
              "auto_mpg": "mpg", "insurance": "charges"}
CLASSES = {"breast_cancer": "diagnosis", "wine": "class", "iris": "species", "german_credit": "default"}


def read(name):
    folder = SHARED / "tabular" / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    path, = folder.glob("*.csv")
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def numeric(cells):
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return None


@lru_cache(maxsize=None)
def load(name, standard=True):
    """(x, y) of complete rows: numeric columns, and y as numbers or, for classes, the index of its class. With
    standard the columns of x have mean 0 and standard deviation 1."""
    target = REGRESSION.get(name) or CLASSES[name]
    head, rows = read(name)
    rows = [row for row in rows if all(cell not in ("", "?", "NA") for cell in row)]
    at = head.index(target)
    columns = [numeric([row[j] for row in rows]) for j in range(len(head)) if j != at]
    x = np.array([column for column in columns if column is not None]).T
    x = x[:, x.std(0) > 0]
    y = [row[at] for row in rows]
    y = np.unique(y, return_inverse=True)[1].astype(float) if name in CLASSES else np.array(y, float)
    return (x - x.mean(0)) / x.std(0) if standard else x, y
