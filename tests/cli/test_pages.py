"""The pages and drawings that hone writes, in a real browser, from a file: whole, quiet, and readable on a phone."""

import csv
import json
import os
from collections import Counter
from pathlib import Path

import pytest

import browser
from program import PENGUINS, good

pytestmark = pytest.mark.skipif(browser.program() is None, reason="no chromium is here (scripts/setup test installs one)")
PICTURES = os.environ.get("HONE_PICTURES")  # a folder: the pages as PNG, to look at

# What stands beyond the window's right edge, but in boxes that scroll by themselves.
BEYOND = """[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !(() => { for (let p = e; p; p = p.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX)
    && p.getBoundingClientRect().right <= innerWidth + 1) return true; })()).map(e => e.outerHTML.slice(0, 200))"""
# Texts of pictures that lie over each other or beyond their picture.
CLASHES = """[...document.querySelectorAll('svg')].flatMap((svg, s) => { const box = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
        .filter(([t, b]) => b.width > 0);
    const out = texts.filter(([t, b]) => b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1
        || b.bottom > box.bottom + 1).map(([t]) => 'out of picture ' + s + ': ' + t);
    for (let i = 0; i < texts.length; i++) for (let j = 0; j < i; j++) { const [a, b] = [texts[i][1], texts[j][1]];
        const w = Math.min(a.right, b.right) - Math.max(a.left, b.left), h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (w > 1 && h > 0.35 * Math.min(a.height, b.height)) out.push('in picture ' + s + ': ' + texts[i][0] + ' over ' + texts[j][0]); }
    return out; })"""


# Texts whose contrast to what is behind them is below 4.5 to 1; in pictures they stand on shapes, which have no part here.
FAINT = """[...document.querySelectorAll('h1, h2, h3, p, td, th, a, dt, dd, li, summary, code, label, select, button, input, .tag')].filter(e => {
    const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 :
        ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
    const text = getComputedStyle(e), ink = lum(text.color);
    let p = e; while (p && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(p).backgroundColor)) p = p.parentElement;
    if (!p || /rgba/.test(getComputedStyle(p).backgroundColor) || !e.textContent.trim()) return false;
    const paper = lum(getComputedStyle(p).backgroundColor);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5;
    }).map(e => e.tagName + ': ' + e.textContent.slice(0, 60))"""


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as one:
        yield one


# Markup in names and values, long names, numbers at the end of what doubles hold, unicode, a column without values.
HOSTILE = "\n".join(
    ["<b>y</b>,<script>alert(1)</script>,huge,\"a long name, that goes on and on until nobody wants to read it\",empty,ünï…"]
    + [f"{'<i>no</i>' if i % 3 else 'yes&amp;'},</title><img src=x onerror=alert({i % 4})>,{'1' if i % 2 else '-1.7'}e308,"
       f"{'x' * (i * 7 % 300)}{i},,{'日本語' if i % 2 else 'ab'}" for i in range(60)]) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every page that the program writes: {name: (headings, tables, pictures) at least}."""
    folder = tmp_path_factory.mktemp("pages")
    at = lambda name: folder / name
    lines = PENGUINS.read_text().splitlines()
    at("some.csv").write_text("\n".join(lines[:1] + lines[200:] + 3 * lines[250:252] + ["Emperor" + lines[-1][6:]]) + "\n")
    train = lambda name, *more: good("train", PENGUINS, "-q", "--seed", "1", "-o", at(name), *more)
    train("classes.hone", "--target", "species", "--model", "decision_tree")
    train("two.hone", "--target", "sex", "--model", "logistic", "--threshold", "f1")
    train("numbers.hone", "--target", "body_mass_g", "--model", "ridge")
    good("evaluate", at("classes.hone"), PENGUINS, "--errors", "5", "--report", at("classes.html"), "-q")
    good("evaluate", at("two.hone"), PENGUINS, "--errors", "5", "--value", "100", "--intervention-cost", "20", "--report",
         at("two.html"), "-q")
    good("evaluate", at("numbers.hone"), PENGUINS, "--errors", "5", "--report", at("numbers.html"), "-q")
    good("compare", PENGUINS, "--target", "species", "--models", "logistic,decision_tree", "--report", at("compare.html"), "-q")
    good("curve", PENGUINS, "--target", "sex", "--model", "decision_tree", "--rounds", "3", "--report", at("curve.html"), "-q")
    good("profile", PENGUINS, "--target", "species", "-o", at("profile.html"), "-q")
    good("profile", PENGUINS, "-o", at("untargeted.html"), "-q")
    good("profile", PENGUINS, "--compare", at("some.csv"), "-o", at("beside.html"), "-q")
    at("hostile.csv").write_text(HOSTILE)
    good("profile", at("hostile.csv"), "--target", "<b>y</b>", "-o", at("hostile.html"), "-q")
    at("tree.svg").write_text(good("show", at("classes.hone"), "--drawing", "-"))
    return folder


LEAST = {"classes.html": (4, 4, 3), "two.html": (4, 4, 4), "numbers.html": (3, 2, 2), "compare.html": (1, 1, 0),
         "curve.html": (2, 1, 1), "profile.html": (9, 3, 20), "untargeted.html": (8, 2, 14), "beside.html": (9, 3, 20), "hostile.html": (4, 2, 2), "tree.svg": (0, 0, 1)}
WITH_SCRIPT = {"profile.html", "untargeted.html", "beside.html", "hostile.html"}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", LEAST)
def test_page(chromium, folder, name, width):
    page = chromium.open(folder / name, width)
    if PICTURES:
        page.picture(Path(PICTURES) / f"{name}.{width}.png")
    assert page.requests == [] and page.faults == []
    headings, tables, pictures = LEAST[name]
    seen = lambda what: page.evaluate(f"[...document.querySelectorAll('{what}')].filter(e => "
                                      "e.getBoundingClientRect().width > 20 && e.getBoundingClientRect().height > 8).length")
    scripts = "[...document.scripts || []].map(e => e.type)"
    assert page.evaluate(scripts) == (["application/json", ""] if name in WITH_SCRIPT else [])
    assert page.evaluate(CLASHES) == []
    assert seen("svg") >= pictures
    if name.endswith(".svg"):
        return
    assert seen("h1") == 1 and seen("h1, h2, h3") >= headings and seen("table") >= tables
    assert page.evaluate("document.title") and page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BEYOND) == []
    small = page.evaluate("Math.min(...[...document.querySelectorAll('p, td, th, li')].map("
                          "e => parseFloat(getComputedStyle(e).fontSize)))")
    assert small >= 12


@pytest.mark.parametrize("name", ["profile.html", "beside.html", "classes.html"])
def test_by_keyboard_and_in_the_dark(chromium, folder, name):
    """Tab reaches the way past the contents, then the contents, every fold and link in the page's order; a fold opens by
    Enter. In the dark scheme text stands clear of what is behind it."""
    page = chromium.open(folder / name, 1280)
    key = lambda code, text="": [page.call("Input.dispatchKeyEvent", type=kind, key=code, code=code, text=text,
                                           windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[code])
                                 for kind in ("keyDown", "keyUp")]
    where = "(e => [e.tagName, e.textContent.slice(0, 40), e.getBoundingClientRect().top + scrollY])(document.activeElement)"
    if name != "classes.html":
        key("Tab")
        assert page.evaluate(where)[1] == "Skip the contents"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    seen = []
    for _ in range(25):
        key("Tab")
        seen.append(page.evaluate(where))
        assert seen[-1][0] == "BODY" or page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    tops = [top for tag, _, top in seen if tag not in ("BODY", "A")]  # links of the contents stay in sight
    assert tops == sorted(tops) or "BODY" in {tag for tag, _, _ in seen}
    assert name == "classes.html" or {"A", "SUMMARY"} <= {tag for tag, _, _ in seen}
    if page.evaluate("document.querySelectorAll('summary').length"):
        page.evaluate("document.querySelector('summary').focus()")
        before = page.evaluate("document.querySelector('details').open")
        key("Enter", "\r")
        assert page.evaluate("document.querySelector('details').open") != before
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    if PICTURES:
        page.picture(Path(PICTURES) / f"{name}.dark.png")
    assert page.evaluate(FAINT) == []


PICK = """(which => { for (const [k, name] of Object.entries(which)) { const e = document.getElementById('any-' + k);
    e.value = [...e.options].find(o => o.text == name).value; e.dispatchEvent(new Event('change')); } })"""
DATA = "JSON.parse(document.getElementById('any-data').textContent)"


def pick(page, **which):
    page.evaluate(f"{PICK}({json.dumps(which)})")
    return page.evaluate("document.getElementById('any-said').textContent")


def test_any_two_columns(chromium, folder):
    """Whatever two columns a reader chooses are drawn, from rows that are the table's; nothing is asked for."""
    with open(PENGUINS) as file:
        table = [{k: v.strip() for k, v in row.items()} for row in csv.DictReader(file)]
    page = chromium.open(folder / "profile.html", 1280)
    data = page.evaluate(DATA)
    names = [c["name"] for c in data["columns"]]
    assert set(names) >= {"species", "sex", "body_mass_g", "bill_length_mm"} and len(data["rows"]) == len(table)
    for c in data["columns"]:
        for k, i in enumerate(data["rows"]):
            own = table[i][c["name"]]
            if "codes" in c:
                assert own in ("", "NA") if c["codes"][k] < 0 else c["levels"][c["codes"][k]] == own
            else:
                assert own in ("", "NA") if c["values"][k] is None else c["values"][k] == pytest.approx(float(own), rel=1e-5)
    both = lambda a, b: sum(r[a] not in ("", "NA") and r[b] not in ("", "NA") for r in table)
    count = lambda what: page.evaluate(f"document.querySelectorAll('#any-plot {what}').length")
    said = pick(page, x="bill_length_mm", y="body_mass_g", c="species")
    assert said.startswith(f"{both('bill_length_mm', 'body_mass_g')} rows that have both; Spearman 0.58")
    assert count("circle") == both("bill_length_mm", "body_mass_g") and count("circle.c2") > 60
    assert page.evaluate("document.getElementById('any-key').textContent") == "AdelieGentooChinstrap"
    assert pick(page, x="species", y="body_mass_g").startswith(f"{both('species', 'body_mass_g')} rows")
    assert count("rect.box") == 3 and "correlation ratio" in pick(page, x="species")
    pick(page, x="species", y="sex")
    cells = page.evaluate("[...document.querySelectorAll('#any-plot td')].map(e => +e.textContent)")
    wanted = Counter((r["sex"], r["species"]) for r in table if r["sex"] not in ("", "NA"))
    assert sorted(cells) == sorted([*wanted.values(), *[0] * (len(cells) - len(wanted))]) and len(cells) == 6
    pick(page, x="body_mass_g", y="body_mass_g")
    assert count("rect.bar") > 10
    page.evaluate("document.querySelector('rect.cell.leads').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    title = page.evaluate("document.querySelector('rect.cell.leads > title').textContent")
    chosen = page.evaluate("['y', 'x'].map(k => { const e = document.getElementById('any-' + k); "
                           "return e.options[e.selectedIndex].text; })")
    assert title.startswith(" · ".join(chosen))
    assert page.requests == [] and page.faults == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["profile.html", "untargeted.html", "hostile.html"])
def test_every_two_columns(chromium, folder, name, width):
    """No choice breaks the page, runs over its edge or lets texts lie over each other; names stay texts."""
    page = chromium.open(folder / name, width)
    names = [c["name"] for c in page.evaluate(DATA)["columns"]]
    assert len(names) >= 2
    for a in names:
        for b in names:
            pick(page, x=a, y=b, c=names[0])
            inside = page.evaluate("document.querySelectorAll('#any-plot svg, #any-plot table').length")
            assert inside == 1 and page.evaluate("document.querySelectorAll('#any img, #any i > *, #any-plot b').length") == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (a, b)
            clashes = page.evaluate(CLASHES.replace("'svg'", "'#any-plot svg'"))
            assert clashes == [], (a, b)
    assert page.requests == [] and page.faults == []


def test_columns_are_found_by_name(chromium, folder):
    page = chromium.open(folder / "profile.html", 1280)
    seen = lambda: page.evaluate("[...document.querySelectorAll('[data-column]')].filter(e => e.offsetParent).map("
                                 "e => e.tagName + ' ' + e.dataset.column)")
    every = seen()
    page.evaluate("(e => { e.value = 'BILL'; e.dispatchEvent(new Event('input')); })(document.getElementById('find'))")
    assert seen() == [s for s in every if "bill" in s] and len(seen()) == 4
    page.evaluate("(e => { e.value = '~'; e.dispatchEvent(new Event('input')); })(document.getElementById('find'))")
    assert seen() == [] and page.evaluate("document.getElementById('found-none').offsetParent !== null")


def test_two_columns_by_keyboard(chromium, folder):
    page = chromium.open(folder / "profile.html", 1280)
    title = lambda: page.evaluate("document.querySelector('#any-plot svg').getAttribute('aria-label')")
    pick(page, x="bill_length_mm", y="body_mass_g")
    before = title()
    page.evaluate("document.getElementById('any-x').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="ArrowDown", code="ArrowDown", windowsVirtualKeyCode=40)
    assert before == "body_mass_g by bill_length_mm" and title() == "body_mass_g by bill_depth_mm"


def test_nothing_else_runs(chromium, folder, tmp_path):
    """Even where markup of the data reached the page as it is, the browser would neither run nor fetch it."""
    text = (folder / "profile.html").read_text()
    bad = "<script>window.evil = 1</script><img src='https://example.invalid/x.png' onerror='window.evil = 2'>"
    (tmp_path / "p.html").write_text(text.replace("</h1>", "</h1>" + bad, 1))
    page = chromium.open(tmp_path / "p.html", 1280)
    assert page.evaluate("window.evil") is None and page.evaluate("!document.getElementById('any').hidden")
    # The page is whole without scripts but for what they answer.
    (tmp_path / "q.html").write_text(text.replace("script-src 'sha256-", "script-src 'sha256-A"))
    page = chromium.open(tmp_path / "q.html", 1280)
    assert page.evaluate("document.getElementById('any').hidden") and page.evaluate("document.querySelectorAll('svg').length") > 20
