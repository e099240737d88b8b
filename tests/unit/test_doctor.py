"""The doctor names each problem and says what to do about it."""

import builtins
from typing import Any

import pytest

import gradcourse
from gradcourse import doctor
from gradcourse.cli import main


def pretend(monkeypatch: pytest.MonkeyPatch, **versions: str | None) -> None:
    """Makes packages seem to be installed in other versions, or (None) missing."""
    real = doctor._version

    def version(package: str) -> str | None:
        return versions[package] if package in versions else real(package)

    monkeypatch.setattr(doctor, "_version", version)


def test_this_machine_is_in_order() -> None:
    assert not list(doctor.problems())
    assert main(["doctor"]) == 0


def test_report_names_versions_device_and_widgets() -> None:
    report = doctor.report()
    for word in ("Python", "torch", "ipywidgets", "device", "widgets             work"):
        assert word in report
    assert report.endswith("Everything is in place.")


def test_an_old_torch_is_named_with_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, torch="2.7.1+cpu")
    (problem,) = doctor.problems()
    assert problem.startswith("torch 2.7.1+cpu is older than 2.8")
    assert "pip install 'torch>=2.8'" in problem
    assert main(["doctor"]) == 1
    assert f"⚠ {problem}" in capsys.readouterr().out


def test_versions_are_compared_as_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, torch="2.13.0")
    assert not list(doctor.problems())


def test_a_missing_widget_extension_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, jupyterlab_widgets=None)
    (problem,) = doctor.problems()
    assert problem.startswith("jupyterlab_widgets is missing (sliders in JupyterLab)")


def test_a_stale_kernel_is_told_to_restart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, gradcourse="99.0")
    assert gradcourse.ready().type in {"cpu", "cuda", "mps"}
    assert "99.0 is installed: restart the kernel" in capsys.readouterr().out


def test_ready_prints_nothing_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    gradcourse.ready()
    assert capsys.readouterr().out == ""


def test_report_survives_a_missing_ipywidgets(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any) -> Any:
        if name == "ipywidgets":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert "missing: no slider will move" in doctor.report()
