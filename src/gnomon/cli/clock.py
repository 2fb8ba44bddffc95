"""What time a run says that it is."""

from __future__ import annotations

import os
from datetime import UTC, datetime


def now() -> datetime:
    """The time, or that of SOURCE_DATE_EPOCH (seconds since 1970), so that files can be made again to the byte.

    https://reproducible-builds.org/specs/source-date-epoch
    """
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(told), UTC) if told.isdecimal() else datetime.now(UTC)
