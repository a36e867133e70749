"""Every parameter of scikit-learn's class of the same name is taken, or docs/parity.md says what to do instead; and what
it says is not taken is not."""
import inspect
from fnmatch import fnmatch
from pathlib import Path

import hone
import pytest

sklearn = pytest.importorskip("sklearn")
PARITY = Path(__file__).parents[2] / "docs" / "parity.md"


def theirs():
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 - else it is there only after another test
    from sklearn.utils import all_estimators
    kinds = {name: kind for name, kind in all_estimators() if isinstance(getattr(hone, name, None), type)}
    return {name: kind for name, kind in kinds.items() if hasattr(getattr(hone, name), "_known")}


def listed():
    """[(parameters, patterns of classes)] of the table."""
    lines = iter(PARITY.read_text().splitlines())
    assert any(line.startswith("## Parameters that scikit-learn") for line in lines)
    rows = []
    for line in lines:
        if line.startswith("## "):
            break
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            assert len(cells) == 3 and cells[2], line
            rows.append((cells[0].replace("`", "").split(", "), cells[1].split(", ")))
    return rows


def taken(kind, name):
    made = kind()
    try:
        kind(**{name: None})
        made.set_params(**{name: None})
    except hone.Error:
        return False
    return True


def test_every_parameter_is_taken_or_listed():
    missing = {(name, parameter) for name, kind in theirs().items()
               for parameter in list(inspect.signature(kind.__init__).parameters)[1:]
               if not taken(getattr(hone, name), parameter)}
    said = {(name, parameter) for parameters, patterns in listed() for parameter in parameters
            for name in theirs() if any(fnmatch(name, pattern) for pattern in patterns)}
    assert missing - said == set()
    for parameters, patterns in listed():
        here = {(p, pattern) for name, p in missing for pattern in patterns if fnmatch(name, pattern) and p in parameters}
        assert {p for p, _ in here} == {*parameters} and {pattern for _, pattern in here} == {*patterns}


def test_parameters_without_effect():
    import numpy as np
    x = np.random.default_rng(0).normal(size=(60, 3))
    model = hone.KMeans(n_clusters=2, verbose=3, copy_x=False, tol=1e-3).fit(x)
    assert "verbose" not in model.get_params() and model.tolerance == 1e-3
    model.set_params(verbose=0, tol=1e-5)
    assert model.tolerance == 1e-5
    scaled = hone.StandardScaler(with_std=False, copy=True).fit_transform(x)
    np.testing.assert_allclose(scaled, x - x.mean(0), atol=1e-12)
