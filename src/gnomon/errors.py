"""The one error that users see."""


class InputError(Exception):
    """Bad input, told in one line: what was found, what was needed, what to do. Never a traceback."""
