"""Layouts beside openTSNE's: as trustworthy on average over draws of rows, new rows as well placed."""
import numpy as np
import pytest
from models import Model
from shared_data import classes, scaled
from sklearn.manifold import trustworthiness

DRAWS = 3


def draws(name):
    """For each seed: rows to lay out and their classes, new rows and theirs."""
    x, y = classes(name)
    x, first = np.unique(x if name == "digits" else scaled(x), axis=0, return_index=True)
    for seed in range(DRAWS):
        order = np.random.default_rng(seed).permutation(len(x))[:240]
        old, new = order[:len(order) * 5 // 8], order[len(order) * 5 // 8:]
        yield seed, x[old], y[first][old], x[new], y[first][new]


def found(places, labels, new, new_labels):
    """The share of new rows that lie by a row of their class."""
    nearest = ((new[:, None] - places[None])**2).sum(2).argmin(1)
    return (labels[nearest] == new_labels).mean()


@pytest.mark.parametrize("name", ["digits", "wine", "breast_cancer", "iris"])
def test_tsne_and_opentsne(name):
    openTSNE = pytest.importorskip("openTSNE")
    figures = []
    for seed, x, y, new, new_y in draws(name):
        mine = Model("tsne", seed=seed, perplexity=20).fit(x)
        theirs = openTSNE.TSNE(perplexity=20, random_state=seed, n_jobs=1).fit(x)
        places = mine.arrays["embedding"], np.asarray(theirs)
        losses = mine.arrays["kl_divergence"], theirs.kl_divergence
        placed = mine.transform(new), np.asarray(theirs.transform(new))
        figures.append([(trustworthiness(x, at), loss, found(at, y, to, new_y))
                        for at, loss, to in zip(places, losses, placed)])
    (trust, loss, share), (their_trust, their_loss, their_share) = np.mean(figures, axis=0)
    assert trust > their_trust - 0.01
    assert loss < their_loss * 1.06
    assert share > their_share - 0.03
