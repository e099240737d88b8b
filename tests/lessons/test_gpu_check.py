"""What `make gpu-check` takes for a difference, and what it says where there is no GPU."""

import copy
from typing import Any

import nbformat
import pytest
import torch

from tests.gpu_check import differences, main

CELLS = {
    "gradient = measure(net)\nprint(gradient)": "1.07 explodes",
    "loss = train(net)\nassert loss < 1\nprint('learned')": "learned",
    "%matplotlib inline\nchart": "Figure(640x480)",
}


@pytest.fixture
def notebook() -> Any:
    """A one-shot measurement, a training cell and a figure."""
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell("1.07")] + [
        nbformat.v4.new_code_cell(
            source, outputs=[nbformat.v4.new_output("stream", text=f"{text}\n")]
        )
        for source, text in CELLS.items()
    ]
    return made


def test_what_is_as_stored_is_no_difference(notebook: Any) -> None:
    assert list(differences(notebook, copy.deepcopy(notebook))) == []


@pytest.mark.parametrize("text", ["1.08 explodes", "1.07 vanishes", ""])
def test_another_number_or_word_of_a_measurement_is_one(notebook: Any, text: str) -> None:
    run = copy.deepcopy(notebook)
    run.cells[1].outputs[0].text = text
    assert list(differences(notebook, run)) == [(1, "1.07 explodes", text)]


def test_training_is_judged_by_its_asserts(notebook: Any) -> None:
    run = copy.deepcopy(notebook)
    run.cells[2].outputs[0].text = "learned almost"
    assert list(differences(notebook, run)) == []


def test_a_cell_that_cannot_be_compared_is_not(notebook: Any) -> None:
    notebook.cells[1].metadata["tags"] = ["nbval-ignore-output"]
    run = copy.deepcopy(notebook)
    run.cells[1].outputs[0].text = "cuda"
    assert list(differences(notebook, run)) == []


def test_without_a_device_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert main([]) == 2
    assert "no CUDA device" in capsys.readouterr().out
