"""Bars and lines on stderr do not run into each other."""

import pytest

from workbench.cli.terminal import Terminal


def test_a_line_after_a_stage_stands_on_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal() as terminal:
        for done in (2, 4, 4):  # that a stage is done may be said twice
            terminal.progress("Encoding", done, 4, unit="articles")
        terminal.progress("Ranking", 1, 3, unit="articles")
        terminal.say("stopped")
    lines = capsys.readouterr().err.split("\n")
    assert lines[0].count("Encoding: 100%") == 1
    assert "Ranking:  33%" in lines[1]
    assert lines[2:] == ["stopped", ""]
