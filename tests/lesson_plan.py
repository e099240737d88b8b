"""The lesson plan of INSTRUCTORS.md, from the lessons and the declared exercises.

`python -m tests.lesson_plan` writes it; a test compares. What stands between
`<!-- plan NN -->` and `<!-- end -->` is made here, everything else in the guide is written by hand.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from gradcourse.exercises import Exercise, exercises

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "INSTRUCTORS.md"
BLOCK = re.compile(r"(<!-- plan (\w+) -->\n).*?(<!-- end -->)", re.S)

# The four-week path: the lessons of its two meetings a week, and the homework.
WEEKS = (
    (("00", "01"), ("02",), ("01-layer", "02-growth", "02-leaky", "02-repair")),
    (("03",), ("04",), ("03-bptt", "03-forget", "04-read", "04-repair")),
    (("05", "06"), ("07",), ("05-clip", "05-threshold", "06-uniform", "07-eval")),
    (("08", "09"), ("10",), ("08-repair", "09-adam", "09-frozen")),
)


@dataclass(frozen=True)
class Lesson:
    """What a lesson's first cell says about it, and its exercises."""

    number: str
    file: str
    title: str
    goals: tuple[str, ...]
    reading: int
    needs: str
    tasks: tuple[Exercise, ...]

    @property
    def points(self) -> int:
        return sum(task.points for task in self.tasks)

    @property
    def minutes(self) -> int:
        """Minutes for the exercises, as declared."""
        return sum(task.minutes for task in self.tasks)


def read(path: Path) -> Lesson:
    """The lesson that a notebook holds."""
    first = "".join(json.loads(path.read_text())["cells"][0]["source"])
    time = re.search(r"\*\*Time\*\* (\d+) minutes", first)
    needs = re.search(r"\*\*You need\*\* (.+)", first)
    title = re.search(r"^# (.+)", first)
    if not title:
        raise ValueError(f"{path.name}: its first cell must begin with `# title`")
    goals = re.findall(r"^- (.+)$", first, re.M)
    number = path.name[:2]
    tasks = tuple(e for e in exercises().values() if e.lesson == int(number))
    reading, wanted = int(time[1]) if time else 0, needs[1].strip(" .") if needs else "nothing"
    return Lesson(number, path.name, title[1], tuple(goals), reading, wanted, tasks)


def lessons() -> list[Lesson]:
    return [read(path) for path in sorted((ROOT / "lessons").glob("[0-9][0-9]_*.ipynb"))]


def overview(plan: list[Lesson]) -> str:
    """One row per lesson: minutes to read and measure, minutes of exercises, points."""
    rows = ["| | lesson | read and measure | exercises | points |", "|---|---|---|---|---|"]
    for lesson in plan:
        link = f"[{lesson.title}](lessons/{lesson.file})"
        count = len(lesson.tasks)
        work = f"{count}, {lesson.minutes} min" if count else ""
        reading = f"{lesson.reading} min" if lesson.reading else ""
        cells = (lesson.number, link, reading, work, str(lesson.points) if count else "")
        rows.append(f"| {' | '.join(cells)} |")
    reading, minutes, points = (
        sum(getattr(lesson, name) for lesson in plan) for name in ("reading", "minutes", "points")
    )
    count = sum(len(lesson.tasks) for lesson in plan)
    hours = f"{reading / 60:.0f} h", f"{count}, {minutes / 60:.0f} h"
    return "\n".join([*rows, f"| | all | {hours[0]} | {hours[1]} | {points} |"])


def weeks(plan: list[Lesson]) -> str:
    """One row per week of the four-week path."""
    rows = [
        "| week | first meeting | second meeting | reading | homework | |",
        "|---|---|---|---|---|---|",
    ]
    for number, (first, second, names) in enumerate(WEEKS, start=1):
        minutes = sum(lesson.reading for lesson in plan if lesson.number in first + second)
        tasks = [exercises()[name] for name in names]
        work = f"{sum(t.minutes for t in tasks)} min, {sum(t.points for t in tasks)} points"
        homework = " ".join(f"`{name}`" for name in names)
        meetings = (" and ".join(numbers) for numbers in (first, second))
        cells = (str(number), *meetings, f"{minutes} min", homework, work)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def details(lesson: Lesson) -> str:
    """Objectives, prerequisites, and a table of the exercises with the known mistakes."""
    lines = ["**Objectives.** Students will be able to", "", *(f"- {g}" for g in lesson.goals), ""]
    lines.append(f"**Prerequisites**: {lesson.needs}.")
    if not lesson.goals:
        return "A page to keep: no exercises."
    if lesson.tasks:
        lines += ["", "| exercise | points | minutes | difficulty | common mistakes |"]
        lines.append("|---|---|---|---|---|")
    for task in lesson.tasks:
        stars = "★" * task.difficulty + "☆" * (3 - task.difficulty)
        mistakes = "; ".join(wrong.name for wrong in task.wrong).replace("|", "\\|")
        cells = (f"`{task.id}` {task.title}", str(task.points), str(task.minutes), stars, mistakes)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def filled(guide: str) -> str:
    """The guide with every block made anew."""
    plan = lessons()
    blocks = {lesson.number: details(lesson) for lesson in plan}
    blocks |= {"all": overview(plan), "weeks": weeks(plan)}

    def block(found: re.Match[str]) -> str:
        return f"{found[1]}{blocks.get(found[2], 'In preparation.')}\n{found[3]}"

    return BLOCK.sub(block, guide)


if __name__ == "__main__":
    GUIDE.write_text(filled(GUIDE.read_text()))
