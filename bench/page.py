"""Results as Markdown: bench/RESULTS.md."""
import re

HEAD = """# Measured beside others

Written by `bench/run`; its first lines say how it measures, `bench/jobs/` what. "hone ÷ it" is
hone's time divided by the peer's, on the same machine, in the same run: below 1, hone is ahead (of
requests per second, the peer's divided by hone's). "process s" is a whole `hone train` from start
to exit: reading the file, fitting, metrics, writing the model.
"""


def render(jobs, results, notes):
    lines = [HEAD]
    dated = [r for r in results.values() if "machine" in r]
    if dated:
        m = max(dated, key=lambda r: r["date"])["machine"]
        lines += [f"Machine: {m['processor']}, {m['processors']} processors, {m['memory_gb']} GB; "
                  f"Linux {m['kernel']}; {m['compiler']}; Python {m['python']}.", ""]
    for name, job in jobs.items():
        if name in results:
            lines += section(job, results[name], notes.get(name))
    return "\n".join(lines).rstrip() + "\n"


def notes(text):
    """Of notes.md: what stands under '## JOB', shown below the job's table."""
    parts = re.split(r"^## (\S+)\n", text, flags=re.M)[1:]
    return {name: part.strip() for name, part in zip(parts[::2], parts[1::2])}


def section(job, result, note):
    lines = [f"## {job.title}", "", job.what.strip(), ""]
    if "failed" in result:
        return lines + [result["failed"], ""]
    columns = [t for m in job.measures for t in [m.title] + ["hone ÷ it"] * bool(m.better)]
    lines += [line(["", "version"] + columns), "|---|---|" + "--:|" * len(columns)]
    rows = dict(sorted(result["rows"].items(), key=lambda row: not row[0].startswith("hone")))  # hone first
    hone = hone_row(result)
    for peer, row in rows.items():
        if "version" in row:
            name = f"**{peer}**" if row is hone else peer
            values = [cell for m in job.measures for cell in cells(m, row, hone)]
            lines.append(line([name, row["version"]] + values))
    lines += ["", when(result)]
    for peer, row in rows.items():
        if "missing" in row:
            lines += ["", f"{peer} is not installed ({row['missing']})."]
        if "error" in row:
            lines += ["", f"{peer} failed: {row['error']}"]
    return lines + (["", note] if note else []) + [""]


def line(cells_):
    return "| " + " | ".join(cells_) + " |"


def when(result):
    others = max((row.get("others", 0) for row in result["rows"].values()), default=0)
    busy = f" Other processes kept up to {others:.1f} processors busy meanwhile."
    said = f"{result['date']}, medians of {result['runs']}, {result['machine']['threads']} threads."
    return said + (busy if others > 0.2 else "")


def cells(measure, row, hone):
    value = row.get(measure.key)
    shown = ["" if value is None else f"{value:.5f}" if measure.exact else short(value)]
    if measure.better:
        r = None if row is hone else ratio(measure, hone, row)
        shown.append("" if r is None else f"{r:.2f}" if r >= 0.01 else f"{r:.4f}")
    return shown


def short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def hone_row(result):
    """A job's first peer is hone."""
    return next(row for peer, row in result["rows"].items() if peer.startswith("hone"))


def ratio(measure, hone, peer):
    """hone's time over the peer's: below 1, hone is ahead. None where one of them is missing."""
    if not hone.get(measure.key) or not peer.get(measure.key):
        return None
    r = hone[measure.key] / peer[measure.key]
    return r if measure.better == "less" else 1 / r


def behind(job, result):
    """One line for each measure in which a peer is ahead."""
    lines = []
    for peer, row in result.get("rows", {}).items():
        for m in job.measures:
            r = ratio(m, hone_row(result), row) if m.better else None
            if r is not None and r > 1.02:
                lines.append(f"{job.name}: {m.title}: hone takes {r:.2f} times that of {peer}")
    return lines


def failed(result):
    return "failed" in result or any("error" in row for row in result["rows"].values())
