"""Files that describe the parts of a goniometer."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.shadow_file import goniometer_parts, read_shadow, shadow_settings

GOOD = """
[[part]]
name = "pin base"
axis = "GON_PHI"
points = [[-60, 0, 0]]
circles = [{ centre = [-22, 1, 2], normal = [2, 0, 2], radius = 6 }]

[[opening]]
points = [[1, 0, 5], [0, 1, 5], [0, -1, 5.5]]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        (tmp_path / "shadow.toml").write_text(text)
        return str(tmp_path / "shadow.toml")

    return write


def test_parts_are_points_and_circles(write):
    body, window = goniometer_parts(read_shadow(write(GOOD)), "here")
    assert (body.name, body.axis, body.opening) == ("pin base", "GON_PHI", False)
    np.testing.assert_array_equal(body.points[0], [-60, 0, 0])
    from_centre = body.points[1:] - [-22, 1, 2]
    np.testing.assert_allclose(np.linalg.norm(from_centre, axis=1), 6.0)
    np.testing.assert_allclose(from_centre @ [2, 0, 2], 0.0, atol=1e-12)
    np.testing.assert_allclose(from_centre.sum(axis=0), 0.0, atol=1e-9)
    assert (window.axis, window.opening) == (None, True)
    np.testing.assert_array_equal(window.points, [[1, 0, 5], [0, 1, 5], [0, -1, 5.5]])


def test_what_images_keep_says_the_same_as_the_file(write):
    settings = shadow_settings(write(GOOD), None)
    assert settings["dynamic_shadowing"] == "Auto"
    again = goniometer_parts(settings["shadow"], "here")
    assert [p.name for p in again] == ["pin base", ""]
    assert shadow_settings(None, False) == {"dynamic_shadowing": False}


TRIANGLE = "points = [[1, 0, 5], [0, 1, 5], [0, -1, 5]]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither \\[\\[part\\]\\] nor"),
        ("part = 3", "part: .*tuple"),
        ("[[part]", "not a TOML file"),
        (f"[[parts]]\n{TRIANGLE}", "parts: extra inputs"),
        (f"[[part]]\n{TRIANGLE}\ncolour = 'red'", "part.0.colour: extra inputs"),
        ("[[part]]\npoints = [[1, 2, 3], [4, 5]]", "part.0.points.1.2: field required"),
        ("[[part]]\npoints = [[1, 2, 3], [4, 5, nan], [4, 5, 6]]", "part.0.points.1.2: .*finite"),
        ("[[part]]\npoints = [[1, 2, 3], [4, 5, 6]]", "has 2 points"),
        ("[[part]]\npoints = [[0, 0, 0], [4, 5, 6], [5, 5, 6]]", "surrounds the crystal"),
        ("[[part]]\ncircles = [{ centre = [0, 0, 0], normal = [0, 0, 1], radius = 5 }]", "surrounds the crystal"),
        ("[[part]]\ncircles = [{ centre = [9, 0, 0], normal = [0, 0, 0], radius = 5 }]", "normal of a circle"),
        ("[[part]]\ncircles = [{ centre = [9, 0, 0], normal = [0, 0, 1], radius = -5 }]", "radius: .*greater than 0"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(write, text, said):
    path = write(text)
    with pytest.raises(InputError, match=said) as told:
        read_shadow(path)
    assert str(told.value).startswith(path)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_shadow(str(tmp_path / "none.toml"))


def test_a_file_of_other_bytes_is_told(tmp_path):
    (tmp_path / "a.toml").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="not a TOML file"):
        read_shadow(str(tmp_path / "a.toml"))
