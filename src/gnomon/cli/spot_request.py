"""What a server of spots is asked, besides the image; imports no science."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.cli.arguments import build, find_option, options_of
from gnomon.cli.values import parse_value
from gnomon.pipeline import STEPS
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.spot_counts_per_image.params import SpotCountsPerImageParams


class SpotRequestParams(SpotCountsPerImageParams, FindSpotsParams):
    """How spots are told from background, and how those of one image are judged."""

    def of_step(self, name: str) -> dict[str, Any]:
        """The parameters of one of the two steps, those that were given: of others each has a default of its own."""
        return {
            key: getattr(self, key) for key in STEPS[name].params_class.model_fields if key in self.model_fields_set
        }


def params_of(given: Mapping[str, Any]) -> SpotRequestParams:
    """The parameters by the names and in the words of the command line. Raises UsageError, as that does."""
    options, values = options_of(SpotRequestParams, "params"), {}
    for name, value in given.items():
        option = find_option(name, options)
        values[option.key] = parse_value(value, option.annotation) if isinstance(value, str) else value
    return build(SpotRequestParams, values)
