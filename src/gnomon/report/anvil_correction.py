"""What anvils absorbed, in words."""

from __future__ import annotations

from gnomon.steps.anvil_correction.summary import AnvilCorrectionSummary


def describe(summary: AnvilCorrectionSummary) -> str:
    """The coefficient, the ways and the factors."""
    s = summary
    least, median, most = s.factor
    mu = sorted({f"{value:.4f}" for value in s.attenuation})
    lines = [
        f"attenuation of the anvils: {', '.join(mu)} per mm; ways through both: {s.path[0]:.3f} to {s.path[1]:.3f} mm",
        f"{s.n_corrected} reflections multiplied by {least:.3f} to {most:.3f}, median {median:.3f}",
    ]
    if s.n_left_out:
        lines.append(f"{s.n_left_out} reflections left out: along the anvils no beam comes out")
    return "\n".join(lines)
