"""Wide tables on narrow terminals."""

from gnomon.cli.fitted import fitted
from gnomon.report.table import text_table

ROWS = [(f"row {i}", i, 10.0 * i, 1e6, "word") for i in range(3)]
TABLE = text_table("A table", ("name", "first number", "second number", "third", "fourth"), ROWS)


def test_columns_go_in_groups_that_fit():
    text = f"before\n\n{TABLE}\n\nafter, a long line that is no table and stays as it is, whatever the terminal is"
    found = fitted(text, 40)
    lines = found.split("\n")
    assert max(map(len, lines[:-1])) <= 40
    assert sum(line.startswith("row 1") for line in lines) == 2
    assert lines[-1].startswith("after, a long line")
    words = [word for line in found.split("\n") for word in line.split()]
    for word in ("first", "second", "third", "fourth", "10", "20", "1000000"):
        assert word in words


def test_what_fits_is_as_it_was():
    assert fitted(TABLE, 200) == TABLE
    assert fitted("", 80) == ""
