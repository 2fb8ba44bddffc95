"""Masks and shadows as a user types them."""

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.images.masks import read_mask

SHADOW = "[[part]]\naxis = 'scan'\npoints = [[-0.5, 10, -25], [-0.5, -10, -25], [0.05, 10, -25], [0.05, -10, -25]]"


@pytest.fixture
def imported(tmp_path, monkeypatch, write_cbf):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(1, 4):
        start = f"{12 + i * 0.5} deg."
        write_cbf(tmp_path / f"a_{i:04}.cbf", rng.poisson(3, (20, 30)).astype(np.int32), Start_angle=start)
    (tmp_path / "bar.toml").write_text(SHADOW)
    main(["import", "a_0001.cbf", "a_0002.cbf", "a_0003.cbf"])
    return tmp_path


def test_a_shadow_goes_from_its_file_into_experiments_masks_and_words(imported, capsys):
    main(["apply_mask", "imported.expt", "shadow=bar.toml"])
    main(["show", "masked.expt"])
    assert "Shadows: of 1 parts of the goniometer" in capsys.readouterr().out
    main(["generate_mask", "masked.expt", "shadow=ever", "output.experiments=both.expt"])
    (experiment,) = read_experiments("both.expt")
    (mask,) = read_mask("pixels.mask", experiment.detector)
    assert 0 < (~mask).sum() < mask.size
    main(["import", "a_0001.cbf", "a_0002.cbf", "a_0003.cbf", "shadow=bar.toml"])
    assert "shadows: of 1 parts of the goniometer, left out of every image" in capsys.readouterr().out
    main(["show", "both.expt"])
    assert f"Mask: {imported / 'pixels.mask'}" in capsys.readouterr().out


def test_no_mask_is_written_where_none_is_wanted(imported, capsys):
    main(["generate_mask", "imported.expt", "output.mask=None"])
    assert not (imported / "pixels.mask").exists()
    with pytest.raises(SystemExit):
        main(["generate_mask", "imported.expt", "output.mask=None", "output.experiments=x.expt"])
    assert "leave out output.mask=None" in capsys.readouterr().err


def test_help_names_choices_and_files_that_are_not_written_by_default(capsys):
    main(["generate_mask", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "[ever, always; default none]" in words
    assert "output.experiments file name; None for none [default none]" in words
