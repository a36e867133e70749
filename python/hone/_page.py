"""What notebooks show: pages, figures, parameters."""

import html
import os

STYLE = ("<style>.hone{font:13px system-ui,sans-serif}.hone table{border-collapse:collapse;margin:4px 0}"
         ".hone th,.hone td{text-align:left;padding:2px 12px 2px 0;border:0;background:none}"
         ".hone th{font-weight:600}.hone .set{font-weight:600}.hone .dim{opacity:.65}</style>")


class Page:
    """One HTML page that needs nothing beside it (`.html`), which notebooks show as it is."""

    def __init__(self, page):
        self.html = page

    def save(self, path):
        """Writes the page."""
        with open(os.fspath(path), "w", encoding="utf-8") as file:
            file.write(self.html)

    def _repr_html_(self):
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:0" title="Page"></iframe>'

    def __repr__(self):
        return f"<hone page of {len(self.html)} characters; .save(path) writes it>"


def _number(value):
    return "" if value is None else f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"


def figures(title, said):
    """A model's figures as a table."""
    metrics = said.get("metrics") or {}
    parts = [part for part in ("test", "validation", "baseline", "train") if part in metrics]
    rows = "".join(f"<tr><td>{html.escape(name)}</td>" + "".join(
        f"<td>{_number(metrics[part].get(name))}</td>" for part in parts) + "</tr>"
        for name in (metrics[parts[0]] if parts else ()))
    head = "".join(f"<th>{part}</th>" for part in parts)
    notes = "".join(f"<div class=dim>{html.escape(note)}</div>" for note in said.get("notes", []))
    return (f"{STYLE}<div class=hone><b>{html.escape(title)}</b>" + (
        f"<table><tr><th></th>{head}</tr>{rows}</table>" if rows else "") + (
        f"<details><summary>how it came about</summary>{notes}</details>" if notes else "") + "</div>")


def parameters(estimator, fitted):
    """An estimator and its parameters: those that were set first, each with its meaning."""
    spec = estimator._spec
    rows = {True: [], False: []}
    for p in spec.params:
        value = getattr(estimator, p.name)
        changed = repr(value) != repr(p.default)
        rows[changed].append(f"<tr title=\"{html.escape(p.doc, quote=True)}\"{' class=set' if changed else ''}>"
                             f"<td>{html.escape(p.name)}</td><td>{html.escape(repr(value)[:200])}</td>"
                             f"<td class=dim>{html.escape(p.doc)}</td></tr>")
    rest = (f"<details><summary>{len(rows[False])} parameters as they are</summary><table>{''.join(rows[False])}"
            "</table></details>") if rows[False] else ""
    there = f"<table>{''.join(rows[True])}</table>" if rows[True] else ""
    state = f"fitted on {estimator.n_features_in_} columns" if fitted else "not fitted"
    doc = html.escape(spec.doc, quote=True)
    return (f"{STYLE}<div class=hone><b>{html.escape(type(estimator).__name__)}</b> <span class=dim title=\"{doc}\">"
            f"{html.escape(spec.title)}; {state}</span>{there}{rest}</div>")
