"""What is told of how the Laue group and the space group were judged: shared by symmetry and cosym."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True)
class CalibrationSummary:
    """What correlations may be expected to be."""

    expected: float = figure("correlation of true equivalents with the errors that intensities have")
    factor: float = figure("error of a correlation times the square root of the number of pairs")


@dataclass(frozen=True)
class OperatorSummary:
    """A rotation of the lattice."""

    operator: str = figure("as coordinates in the reduced cell: -x,-y,z")
    fold: int = figure("2 of a two-fold, 3 of a three-fold ...")
    cc: float = figure("correlation of intensities with their images")
    cc_true: float = figure("the same without errors of measurement")
    cc_true_sigma: float = figure("standard error of that")
    pairs: float = figure("effective number of pairs")
    z: float = figure("correlation over its error")
    probability: float = figure("that it is a symmetry of the intensities")
    decides: bool = figure("whether there are pairs enough to tell")


@dataclass(frozen=True)
class GroupSummary:
    """A subgroup of the lattice's symmetry."""

    group: str = figure("its rotations and centring, as a space group without screw axes")
    lattice: str = figure("Bravais type")
    order: int = figure("number of rotations")
    probability: float = figure("that it is the symmetry of the intensities")
    net_z: float = figure("z_in - z_out")
    z_in: float = figure("mean correlation over error of its operators")
    z_out: float = figure("mean correlation over error of the others")
    cc_in: float = figure("mean correlation of its operators")
    cc_out: float = figure("mean correlation of the others")
    r_meas: float = figure("Rmeas of merging its equivalents; nan where that was not tried")
    chi2: float = figure("chi-squared of merging its equivalents over degrees of freedom; nan where not tried")
    delta: float = figure("how far the metric is from it", unit="degree")
    change: str = figure("axes of its conventional cell in the reduced one")
    chosen: bool = figure("whether it was taken")


@dataclass(frozen=True)
class NearSummary:
    """A rotation that is no symmetry, but under which intensities are alike."""

    law: str = figure("indices of the mate: k,h,-l")
    correlation: float = figure("correlation of mates without errors of measurement")
    fraction: float = figure("twin fraction if it is a twin law")
    verdict: str = figure('"twinned", "not twinned", or empty where neighbours do not tell')
    mean_l: float = figure("mean |L| of neighbours; nan where there was no test")
    mean_l_untwinned: float = figure("expected of an untwinned crystal; nan where there was no test")
    mean_l_twinned: float = figure("expected of a twin of that fraction; nan where there was no test")


@dataclass(frozen=True)
class LTestSummary:
    """|L| of neighbouring reflections (Padilla & Yeates 2003)."""

    mean: float = figure("mean |L|")
    sigma: float = figure("its standard error")
    untwinned: float = figure("expected of an untwinned crystal")
    twinned: float = figure("expected of a perfect twin")
    pairs: int = figure("pairs of neighbours")


@dataclass(frozen=True)
class TncsSummary:
    """Copies in the crystal that a translation relates."""

    vector: tuple[float, ...] = figure("the translation, in fractions of the cell")
    modulation: float = figure("by how much of themselves it modulates intensities")


@dataclass(frozen=True)
class AxialSummary:
    """Reflections along an axis, of which a screw extinguishes some."""

    condition: str = figure("those that a screw leaves: 0 0 l: 2n")
    present: int = figure("measured reflections that a screw leaves")
    absent: int = figure("measured reflections that it extinguishes")
    present_ratio: float = figure("mean I/sigma of the former")
    absent_ratio: float = figure("mean I/sigma of the latter")


@dataclass(frozen=True)
class AbsencesSummary:
    """Space groups with the same absences."""

    groups: tuple[str, ...] = figure("their names")
    probability: float = figure("that the absences are those of these groups")
    n_absent: int = figure("measured reflections that they extinguish")
    mean_absent: float = figure("mean I/sigma of these")
    mean_present: float = figure("mean I/sigma of the others that some group extinguishes")
    chosen: bool = figure("whether one of them was taken")


@dataclass(frozen=True, kw_only=True)
class FoundLaueGroup:
    """The Laue group, and what tells it."""

    laue_group: str = figure("the Laue group taken")
    laue_reason: str = figure("why")
    laue_confidence: float = figure("sqrt(p1 (p1 - p2)) of it and the most probable other (Evans 2011)")
    calibration: CalibrationSummary = figure("what correlations may be expected to be")
    level: float = figure("part by which true equivalents differ beyond their errors")
    operators: tuple[OperatorSummary, ...] = figure("the rotations of the lattice")
    groups: tuple[GroupSummary, ...] = figure("the subgroups of its symmetry, the most probable first")


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Twin laws, pseudo-symmetry and translational NCS."""

    near_symmetries: tuple[NearSummary, ...] = figure("rotations that are no symmetry, under which data are alike")
    l_test: LTestSummary | None = figure("the statistics of neighbours; none where these are too few")
    tncs: tuple[TncsSummary, ...] = figure("translational NCS")
    notes: tuple[str, ...] = figure("the same in sentences")


@dataclass(frozen=True, kw_only=True)
class FoundSpaceGroup:
    """What tells the space group of a Laue group."""

    space_groups: tuple[AbsencesSummary, ...] = figure("by their absences, the most probable first")
    axial: tuple[AxialSummary, ...] = figure("reflections along the axes")
    space_group_reason: str = figure("why the space group was taken")


@dataclass(frozen=True, kw_only=True)
class SymmetryFigures(FoundLaueGroup, Findings, FoundSpaceGroup, Summary):
    """What symmetry and cosym tell alike."""

    n_observations: int = figure("observations given")
    n_used: int = figure("of these used for the Laue group")
    left_out: tuple[str, ...] = figure("images that were left out, and why")
    d_min: float = figure("resolution to which they were used", unit="Å")
    space_group: str = figure("the space group taken")
    changes: tuple[str, ...] = figure("new axes of each data set, in its old ones")
    cells: tuple[tuple[float, ...], ...] = figure(
        "cell of each data set: a, b, c, alpha, beta, gamma", unit="Å, degree"
    )

    @property
    def chosen_group(self) -> GroupSummary:
        """The row of the Laue group taken."""
        (chosen,) = [group for group in self.groups if group.chosen]
        return chosen

    @property
    def chosen_absences(self) -> AbsencesSummary | None:
        """The row of the space group taken; None where absences were not looked at, or it is none of their groups."""
        return next((row for row in self.space_groups if row.chosen), None)
