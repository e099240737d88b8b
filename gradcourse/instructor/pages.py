"""The HTML pages: one for each student, one of the class. Each is one file, without scripts."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote

from gradcourse.instructor.assignment import Assignment
from gradcourse.instructor.mark import Mark
from gradcourse.instructor.report import Row

STYLE = """
:root { color-scheme: light dark; background: Canvas; color: CanvasText }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8888; border-radius: .4rem;
  font-size: .875rem }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8888;
  vertical-align: top } td.number, th.number { text-align: right }
p.told { white-space: pre-line; overflow-wrap: anywhere }
svg { max-width: 100%; height: auto } rect { fill: #2066b0 } text { fill: currentColor }
@media (prefers-color-scheme: dark) { rect { fill: #6aa9ee } }
"""
STATES = {
    "right": "✅ right", "partly": "partly right", "wrong": "❌ not right yet",
    "empty": "⬜ not attempted", "missing": "⬜ not found",
    "by hand": "your instructor looks at it",
    "manual": "graded by your instructor",
}  # fmt: skip
STEPS = ("0", "to 25 %", "to 50 %", "to 75 %", "below 100 %", "all")


def page(title: str, body: Iterable[str]) -> str:
    """A whole page; `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{clean(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def clean(text: str) -> str:
    """A text as HTML; characters that are none become visible."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return escape("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in plain))


def feedback(assignment: Assignment, row: Row) -> str:
    """A student's page: points, what is wrong, what to think about, and their code."""
    most = sum(m.most for m in row.marks)
    body = [
        f"<h1>{clean(assignment.title)}: {clean(row.student.name)}</h1>",
        f"<p><strong>{row.total:g} of {most:g} points.</strong></p>",
        *(f"<p>{clean(line)}</p>" for line in _about(assignment, row)),
    ]
    for m in row.marks:
        body.append(f"<h2>{clean(_title(assignment, m, row))}</h2>")
        why = f": {m.look}" if m.state == "by hand" and m.look.startswith("it uses") else ""
        told = f"{m.points:g} of {m.most:g} points: {STATES[m.state]}{why}."
        body.append(f"<p>{clean(told)}</p>")
        if comment := row.comments.get(m.exercise):
            body.append(f"<p><strong>Your instructor:</strong> {clean(comment)}</p>")
        body += [f'<p class="told">{clean(text)}</p>' for text in _told(m)]
        if m.source:
            name = f"Your code for {m.exercise}"
            body.append(
                f'<pre tabindex="0" role="region" aria-label="{clean(name)}">'
                f"<code>{clean(m.source.strip(chr(10)))}</code></pre>"
            )
    return page(f"{assignment.title}: {row.student.name}", body)


def _told(m: Mark) -> Iterator[str]:
    """The machine's feedback, without what stands above it already."""
    known = (f"{m.exercise}: right, ", f"{m.exercise}: not attempted")
    for text in m.feedback:
        short = text.replace(f"{m.exercise}: ", "", 1)
        if text.startswith(known):
            short = short.partition(". ")[2]  # a remark on prints, or nothing
        if short:
            yield f"The check said: {short}" if m.state == "manual" else short


def _title(assignment: Assignment, m: Mark, row: Row) -> str:
    return f"{m.exercise}: {assignment.exercise(m.exercise, row.student.id).title}"


def _about(assignment: Assignment, row: Row) -> Iterator[str]:
    """Which file counted, when it came, and what was odd about it."""
    if row.counted is None:
        yield "Nothing that counts was handed in."
    else:
        time = row.counted.time.astimezone(assignment.due.tzinfo)
        late = f", {row.days} day{'s' * (row.days != 1)} late" if row.days else ""
        yield f"Counted: {row.counted.file}, handed in {time:%d %B %Y, %H:%M}{late}."
        if row.days and isinstance(assignment.late, float):
            yield f"Each day late costs {assignment.late:.0%} of the points; they are subtracted."
    for other in row.others:
        why = "after the deadline" if other.days_late(assignment) else "kept, does not count"
        yield f"Also handed in: {other.file} ({why})."
    if row.counted is not None:
        yield from (f"Note: {note}." for note in row.counted.notes)


def overview(assignment: Assignment, rows: list[Row], left_out: list[str]) -> str:
    """The class at a glance: first what somebody has to look at."""
    most = sum(assignment.points.values())
    there = [row for row in rows if row.counted is not None]
    mean = sum(row.total for row in there) / len(there) if there else 0.0
    body = [
        f"<h1>{clean(assignment.title)}: the class</h1>",
        f"<p>{len(there)} of {len(rows)} students handed in; on average they have {mean:.3g} of "
        f"{most:g} points.</p>",
    ]
    looks = [(row, m) for row in rows for m in row.marks if m.look and m.state == "by hand"]
    body.append("<h2>To look at by hand</h2>")
    if looks:
        body.append("<p>Put your scores into manual.csv; they stay when you grade again.</p>")
        head = ("student", "name", "exercise", "why")
        cells = [(r.student.id, r.student.name, m.exercise, m.look) for r, m in looks]
        body.append(table("To look at by hand", head, cells, pages=True))
    else:
        body.append("<p>Nothing.</p>")
    for name in assignment.points:
        own = [m for r in there for m in r.marks if m.exercise == name]
        body += _exercise(assignment, name, own)
    notes = [(r.student.id, note) for r in rows if r.counted for note in r.counted.notes]
    notes += [(r.student.id, f"{o.file} does not count") for r in rows for o in r.others]
    if notes:
        body += ["<h2>Notes</h2>", table("Notes", ("student", "note"), notes, pages=True)]
    if left_out:
        items = "".join(f"<li>{clean(line)}</li>" for line in left_out)
        body += ["<h2>Files left out</h2>", f"<ul>{items}</ul>"]
    return page(f"{assignment.title}: the class", body)


def _exercise(assignment: Assignment, id: str, marks: list[Mark]) -> Iterator[str]:
    yield f"<h2>{clean(id)}: {clean(assignment.exercise(id).title)}</h2>"
    counts = [0] * len(STEPS)
    for m in marks:
        share = m.points / m.most
        counts[0 if share <= 0 else 5 if share >= 1 else math.ceil(4 * share - 1e-9)] += 1
    if marks:
        mean, full = sum(m.points for m in marks) / len(marks), counts[5]
        yield (
            f"<p>On average {mean:.3g} of {marks[0].most:g} points; {full} of {len(marks)} have "
            "all. Students by their share of the points:</p>"
        )
    told = ", ".join(f"{step}: {count}" for step, count in zip(STEPS, counts, strict=True))
    yield histogram(counts, f"Students by their points for {id}: {told}")
    mistakes = Counter(m.mistake for m in marks if m.mistake).most_common(5)
    if mistakes:
        ordered = sorted(mistakes, key=lambda pair: (-pair[1], pair[0]))
        yield table(f"Wrong answers for {id}", ("commonest wrong answers", "students"), ordered)


def histogram(counts: list[int], told: str) -> str:
    """Bars as an inline picture, with its numbers as text."""
    top, parts = max([*counts, 1]), []
    for place, (step, count) in enumerate(zip(STEPS, counts, strict=True)):
        x, height = 10 + 78 * place, 90 * count / top
        parts.append(f'<rect x="{x}" y="{110 - height:.1f}" width="66" height="{height:.1f}"/>')
        middle = f'<text text-anchor="middle" x="{x + 33}"'
        parts.append(f'{middle} y="{104 - height:.1f}" font-size="14">{count}</text>')
        parts.append(f'{middle} y="127" font-size="12">{step}</text>')
    return (
        f'<svg viewBox="0 0 480 132" width="480" role="img" aria-label="{clean(told)}">'
        + "".join(parts)
        + "</svg>"
    )


def table(
    name: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]], *, pages: bool = False
) -> str:
    """A named HTML table; with `pages` its first column leads to the students' pages."""
    first = "".join(f'<th scope="col">{clean(word)}</th>' for word in head)
    lines = []
    for row in rows:
        cells = [clean(str(cell)) for cell in row]
        if pages:
            cells[0] = f'<a href="feedback/{clean(quote(str(row[0])))}.html">{cells[0]}</a>'
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{clean(name)}"><table>'
        f"<thead><tr>{first}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )
