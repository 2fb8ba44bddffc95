"""``gnomon simulate_crystals``: an example by name, with what is given in its place."""

import pytest

from gnomon.cli.main import main
from gnomon.simulate.series_truth import load_series_truth


def test_what_is_given_overrules_the_example(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["folder=data", "example=insulins_small", "wedges=1", "images=1", "species=cow,pig", "d_min=5"]
    main(["simulate_crystals", *words])
    assert "2 wedges of 1 degrees" in capsys.readouterr().out
    truth = load_series_truth(tmp_path / "data")
    assert truth.names == ["cow_01", "pig_01"]
    assert truth.numbers["distance"] == 100.0
    assert truth.numbers["d_min"] == 5.0


@pytest.mark.parametrize(
    ("word", "message"), [("example=goats", "no example 'goats'; there are"), ("species=cow,cow", "different names")]
)
def test_bad_input_is_told_in_a_line(word, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["simulate_crystals", word])
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]
