"""The errors that users see."""


class InputError(Exception):
    """Bad input, told in one line: what was found, what was needed, what to do. Never a traceback."""


class UsageError(InputError):
    """What was typed is no command, parameter or value; no data have a part in it."""


class ClusterError(Exception):
    """The machines that were to work cannot be had, or failed; told in one line. Data have no part in it."""
