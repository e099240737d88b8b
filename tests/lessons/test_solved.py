"""Every lesson runs to its end with the reference answers put in, and every check is green."""

from pathlib import Path
from typing import Any

from nbclient import NotebookClient

from gradcourse.exercises import exercises


def test_solved_lesson_is_all_green(path: Path, lesson: Any) -> None:
    mine = [e for e in exercises().values() if e.lesson == int(path.name[:2])]
    cells = {cell.id: cell for cell in lesson.cells}
    for exercise in mine:
        cells[f"answer-{exercise.id}"].source = exercise.reference
    NotebookClient(lesson, timeout=120, kernel_name="python3").execute(cwd=str(path.parent))
    for exercise in mine:
        (output,) = cells[f"check-{exercise.id}"].outputs
        assert output.data["text/plain"].startswith("✅"), output.data["text/plain"]
