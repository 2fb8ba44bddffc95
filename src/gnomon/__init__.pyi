"""Written by docs/reference/generate.py from the declarations of steps: do not edit."""

from collections.abc import Iterable
from os import PathLike

from gnomon.step import Context as Context
from gnomon.models.experiment import Experiments as Experiments
from gnomon.errors import InputError as InputError
from gnomon.models.reflections import Reflections as Reflections
from gnomon.step import Result as Result
from gnomon.distribute.workers import Workers as Workers
from gnomon.io.mtz import merged_mtz as merged_mtz
from gnomon.plotting import plots as plots
from gnomon.io.expt import read_experiments as read_experiments
from gnomon.io.refl import read_reflections as read_reflections
from gnomon.io.mtz import unmerged_mtz as unmerged_mtz
from gnomon.io.expt import write_experiments as write_experiments
from gnomon.io.exported import write_exported as write_exported
from gnomon.io.mtz import write_merged_mtz as write_merged_mtz
from gnomon.io.refl import write_reflections as write_reflections
from collections.abc import Sequence
from gnomon.models.free_set import FreeSet
from gnomon.models.merged import MergedData
from gnomon.models.similarity import Similarity
from gnomon.models.unmerged import UnmergedData
from gnomon.process.runner import Outcome
from gnomon.step import Data
from gnomon.steps.align_crystal.summary import AlignCrystalSummary
from gnomon.steps.anvil_correction.summary import AnvilCorrectionSummary
from gnomon.steps.apply_mask.summary import ApplyMaskSummary
from gnomon.steps.assign_experiment_identifiers.summary import AssignExperimentIdentifiersSummary
from gnomon.steps.check_indexing_symmetry.summary import CheckIndexingSymmetrySummary
from gnomon.steps.cluster_unit_cell.summary import ClusterUnitCellSummary
from gnomon.steps.combine_experiments.summary import CombineExperimentsSummary
from gnomon.steps.compare_orientation_matrices.summary import CompareOrientationMatricesSummary
from gnomon.steps.complete_full_sphere.summary import CompleteFullSphereSummary
from gnomon.steps.compute_delta_cchalf.summary import ComputeDeltaCchalfSummary
from gnomon.steps.correlation_matrix.summary import CorrelationMatrixSummary
from gnomon.steps.cosym.summary import CosymSummary
from gnomon.steps.damage_analysis.summary import DamageAnalysisSummary
from gnomon.steps.detect_blanks.summary import DetectBlanksSummary
from gnomon.steps.estimate_gain.summary import EstimateGainSummary
from gnomon.steps.estimate_resolution.summary import EstimateResolutionSummary
from gnomon.steps.export.summary import ExportSummary
from gnomon.steps.export_bitmaps.step import Bitmaps
from gnomon.steps.export_bitmaps.summary import ExportBitmapsSummary
from gnomon.steps.filter_reflections.summary import FilterReflectionsSummary
from gnomon.steps.find_bad_pixels.step import BadPixels
from gnomon.steps.find_bad_pixels.summary import FindBadPixelsSummary
from gnomon.steps.find_hot_pixels.step import HotPixels
from gnomon.steps.find_hot_pixels.summary import FindHotPixelsSummary
from gnomon.steps.find_rotation_axis.summary import FindRotationAxisSummary
from gnomon.steps.find_spots.summary import FindSpotsSummary
from gnomon.steps.generate_distortion_maps.summary import GenerateDistortionMapsSummary
from gnomon.steps.generate_mask.summary import GenerateMaskSummary
from gnomon.steps.import_.summary import ImportSummary
from gnomon.steps.index.summary import IndexSummary
from gnomon.steps.integrate.summary import CreateProfileModelSummary
from gnomon.steps.integrate.summary import IntegrateSummary
from gnomon.steps.merge.summary import MergeSummary
from gnomon.steps.merging_statistics.summary import MergingStatisticsSummary
from gnomon.steps.missing_reflections.summary import MissingReflectionsSummary
from gnomon.steps.modify_experiments.summary import ModifyExperimentsSummary
from gnomon.steps.plot_scan_varying_model.summary import PlotScanVaryingModelSummary
from gnomon.steps.predict.summary import PredictSummary
from gnomon.steps.refine.summary import RefineSummary
from gnomon.steps.refine_bravais_settings.summary import RefineBravaisSettingsSummary
from gnomon.steps.reindex.summary import ReindexSummary
from gnomon.steps.rs_mapper.summary import RsMapperSummary
from gnomon.steps.scale.summary import RefineErrorModelSummary
from gnomon.steps.scale.summary import ScaleSummary
from gnomon.steps.search_beam_position.summary import SearchBeamPositionSummary
from gnomon.steps.sequence_to_stills.summary import SequenceToStillsSummary
from gnomon.steps.shadow_plot.summary import ShadowPlotSummary
from gnomon.steps.slice_sequence.summary import SliceSequenceSummary
from gnomon.steps.split_experiments.summary import SplitExperimentsSummary
from gnomon.steps.split_still_data.summary import SplitStillDataSummary
from gnomon.steps.spot_counts_per_image.summary import SpotCountsPerImageSummary
from gnomon.steps.stereographic_projection.summary import StereographicProjectionSummary
from gnomon.steps.symmetry.summary import SymmetrySummary
from gnomon.steps.two_theta_refine.summary import TwoThetaRefineSummary
from gnomon.steps.unit_cell_histogram.summary import UnitCellHistogramSummary
from numpy import ndarray
from typing import Any
from typing import Literal

__version__: str
Paths = str | PathLike[str] | Iterable[str | PathLike[str]]

def import_images(
    paths: Paths,
    *,
    shadow: str | None = None,
    dynamic_shadowing: bool | None = None,
    oscillation: tuple[float, float] | None = None,
    wavelength: float | None = None,
    beam_direction: Sequence[float] | None = None,
    polarization_fraction: float | None = None,
    polarization_normal: Sequence[float] | None = None,
    distance: float | None = None,
    pixel_size: tuple[float, float] | None = None,
    fast_slow_beam_centre: Sequence[float] | None = None,
    slow_fast_beam_centre: Sequence[float] | None = None,
    mosflm_beam_centre: Sequence[float] | None = None,
    trusted_range: tuple[float, float] | None = None,
    gain: float | None = None,
    pedestal: float | None = None,
    thickness: float | None = None,
    material: Literal['Si', 'CdTe'] | None = None,
    goniometer_axis: Sequence[float] | None = None,
    goniometer_axes: Sequence[float] | None = None,
    invert_rotation_axis: bool = False,
    template: Sequence[str] = (),
    directory: Sequence[str] = (),
    image_range: tuple[int, int] | None = None,
    convert_stills_to_sequences: bool = False,
    convert_sequences_to_stills: bool = False,
    reference_geometry: str | None = None,
    use_beam_reference: bool = True,
    use_detector_reference: bool = True,
    use_gonio_reference: bool = True,
    wavelength_tolerance: float = 0.0001,
    origin_tolerance: float = 0.05,
    direction_tolerance: float = 1e-06,
    oscillation_tolerance: float = 0.03,
    mask: str | None = None,
    gain_map: str | None = None,
    pedestal_map: str | None = None,
    dx: str | None = None,
    dy: str | None = None,
    reference: Experiments | None = None,
    context: Context | None = None,
) -> Result[ImportSummary, None]:
    """Read image headers into experiments.

    paths: names of images, or of folders.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon import` calls them):
      shadow  (lookup.shadow)
          TOML file that describes the parts of the goniometer that cast shadows [str | None;
          default none]
      dynamic_shadowing  (format.dynamic_shadowing)
          leave out of every image what the goniometer hides; none does where its parts are
          described [bool | None; default none]
      oscillation  (geometry.scan.oscillation)
          start of the first image and width of each [degree; tuple[float, float] | None; default
          none]
      wavelength  (geometry.beam.wavelength)
          wavelength [Å; float | None; default none; > 0]
      beam_direction  (geometry.beam.direction)
          direction from the sample to the source: x, y, z [tuple[float, ...] | None; default none]
      polarization_fraction  (geometry.beam.polarization_fraction)
          1 for a beam wholly polarised, 0.5 for none [float | None; default none; >= 0, <= 1]
      polarization_normal  (geometry.beam.polarization_normal)
          normal of the plane of polarisation: x, y, z [tuple[float, ...] | None; default none]
      distance  (geometry.detector.distance)
          distance of the detector plane along its normal [mm; float | None; default none; > 0]
      pixel_size  (geometry.detector.panel.pixel_size)
          size of a pixel: fast, slow [mm; tuple[float, float] | None; default none]
      fast_slow_beam_centre  (geometry.detector.fast_slow_beam_centre)
          where the direct beam meets the detector: fast, slow (and panel) [px; tuple[float, ...] |
          None; default none]
      slow_fast_beam_centre  (geometry.detector.slow_fast_beam_centre)
          where the direct beam meets the detector: slow, fast (and panel) [px; tuple[float, ...] |
          None; default none]
      mosflm_beam_centre  (geometry.detector.mosflm_beam_centre)
          where the direct beam meets the detector in MOSFLM's order: slow, fast [mm; tuple[float,
          ...] | None; default none]
      trusted_range  (geometry.detector.trusted_range)
          lowest and highest count to be trusted [count; tuple[float, float] | None; default none]
      gain  (geometry.detector.panel.gain)
          counts of one photon [count; float | None; default none; > 0]
      pedestal  (geometry.detector.panel.pedestal)
          counts of a pixel that no photon hit [count; float | None; default none]
      thickness  (geometry.detector.panel.thickness)
          thickness of the sensor; 0 for no parallax [mm; float | None; default none; >= 0]
      material  (geometry.detector.panel.material)
          what the sensor is made of [Si, CdTe; default none]
      goniometer_axis  (geometry.goniometer.axis)
          direction of the rotation axis: x, y, z [tuple[float, ...] | None; default none]
      goniometer_axes  (geometry.goniometer.axes)
          direction of the rotation axis, or of all axes from crystal to laboratory: x, y, z, ...
          [tuple[float, ...] | None; default none]
      invert_rotation_axis  (geometry.goniometer.invert_rotation_axis)
          turn the rotation the other way round [bool; default False]
      template  (input.template)
          image names with # for the digits of the number [tuple[str, ...]; default ()]
      directory  (input.directory)
          folders whose images are all taken [tuple[str, ...]; default ()]
      image_range  (geometry.scan.image_range)
          first and last image taken of every sweep [tuple[int, int] | None; default none]
      convert_stills_to_sequences  (geometry.convert_stills_to_sequences)
          make a sweep of images whose headers tell no width, where their starts advance evenly or
          oscillation is given [bool; default False]
      convert_sequences_to_stills  (geometry.convert_sequences_to_stills)
          make a still of every image [bool; default False]
      reference_geometry  (input.reference_geometry)
          .expt whose beam, detector and axes are taken in place of the headers' [str | None;
          default none]
      use_beam_reference  (input.use_beam_reference)
          take the beam from the reference geometry, where one is given [bool; default True]
      use_detector_reference  (input.use_detector_reference)
          take the detector from the reference geometry [bool; default True]
      use_gonio_reference  (input.use_gonio_reference)
          take the goniometer's axes from the reference geometry [bool; default True]
      wavelength_tolerance  (input.tolerance.beam.wavelength)
          a sweep goes on where the wavelength stays so near to that of its first image [Å; float;
          default 0.0001; >= 0]
      origin_tolerance  (input.tolerance.detector.origin)
          the same of the detector's place [mm; float; default 0.05; >= 0]
      direction_tolerance  (input.tolerance.direction)
          the same of directions of beam, detector and axes [float; default 1e-06; >= 0]
      oscillation_tolerance  (input.tolerance.scan.oscillation)
          the same of the start of an image, of its width [float; default 0.03; >= 0]
      mask  (lookup.mask)
          mask file of gnomon or DIALS: true where a pixel may be used [str | None; default none]
      gain_map  (lookup.gain)
          file of the counts of one photon, pixel by pixel, a table as DIALS reads it [str | None;
          default none]
      pedestal_map  (lookup.pedestal)
          file of the counts that no photon made, pixel by pixel, likewise [str | None; default
          none]
      dx  (lookup.dx)
          file of how far spots are seen off along fast, a table in pixels as DIALS reads it [str |
          None; default none]
      dy  (lookup.dy)
          the same along slow; both are needed [str | None; default none]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def find_spots(
    experiments: Data | Experiments | None,
    *,
    algorithm: Literal['dispersion_extended', 'dispersion', 'radial_profile'] | None = None,
    gain: float | None = None,
    kernel_size: tuple[int, int] = (3, 3),
    sigma_background: float = 6.0,
    sigma_strong: float = 3.0,
    min_local: int = 2,
    global_threshold: int = 0,
    sum_images: int | None = None,
    n_iqr: float = 6.0,
    n_bins: int = 100,
    blur: Literal['narrow', 'wide'] | None = None,
    border: int = 0,
    d_min: float | None = None,
    d_max: float | None = None,
    resolution_range: Sequence[Sequence[float]] = (),
    disable_parallax_correction: bool = False,
    ice_rings: bool = False,
    ice_width: float = 0.002,
    ice_cell: tuple[float, float, float, float, float, float] = (4.498, 4.498, 7.338, 90.0, 90.0, 120.0),
    ice_group: str = 'P 63/m m c',
    untrusted_panel: Sequence[int] = (),
    untrusted_rectangle: Sequence[Sequence[int]] = (),
    untrusted_circle: Sequence[Sequence[float]] = (),
    untrusted_polygon: Sequence[Sequence[float]] = (),
    untrusted_pixel: Sequence[Sequence[int]] = (),
    min_spot_size: int | None = None,
    max_spot_size: int | None = None,
    max_separation: float | None = None,
    max_gap: int | None = None,
    max_strong_pixel_fraction: float = 0.25,
    scan_range: Sequence[Sequence[int]] = (),
    mask: str | None = None,
    region_of_interest: tuple[int, int, int, int] | None = None,
    exclude_images: Sequence[Sequence[int]] = (),
    force_2d: bool = False,
    shoeboxes: bool = False,
    context: Context | None = None,
) -> Result[FindSpotsSummary, None]:
    """Find strong spots on the images.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon find_spots` calls them):
      algorithm  (spotfinder.threshold.algorithm)
          test for strong pixels; none means dispersion_extended, and radial_profile where counts
          are noise about zero [dispersion_extended, dispersion, radial_profile; default none]
      gain  (spotfinder.threshold.dispersion.gain)
          counts per photon; none takes the detector's [count; float | None; default none; > 0]
      kernel_size  (spotfinder.threshold.dispersion.kernel_size)
          half width of the window, fast and slow [px; tuple[int, int]; default (3, 3)]
      sigma_background  (spotfinder.threshold.dispersion.sigma_background)
          how overdispersed a window may be and still be background [float; default 6.0; >= 0]
      sigma_strong  (spotfinder.threshold.dispersion.sigma_strong)
          how far a strong pixel lies above the local mean [sigma; float; default 3.0; >= 0]
      min_local  (spotfinder.threshold.dispersion.min_local)
          valid pixels a window must have [px; int; default 2; >= 2]
      global_threshold  (spotfinder.threshold.dispersion.global_threshold)
          a strong pixel counts more than this [count; int; default 0; >= 0]
      sum_images  (spotfinder.threshold.sum_images)
          images added up for a second look at what is faint on each; 1: no such look; none means 1
          unless spots are spread over many images, and it pays [image; int | None; default none; >=
          1, <= 100]
      n_iqr  (spotfinder.threshold.radial_profile.n_iqr)
          interquartile ranges by which a strong pixel exceeds its ring's median [float; default
          6.0; >= 0]
      n_bins  (spotfinder.threshold.radial_profile.n_bins)
          rings of 2θ [int; default 100; >= 1, <= 10000]
      blur  (spotfinder.threshold.radial_profile.blur)
          smooth the image before, over 3 x 3 or 5 x 5 pixels [narrow, wide; default none]
      border  (spotfinder.filter.border)
          edge of every panel left out [px; int; default 0; >= 0]
      d_min  (spotfinder.filter.d_min)
          high-resolution limit [Å; float | None; default none; > 0]
      d_max  (spotfinder.filter.d_max)
          low-resolution limit [Å; float | None; default none; > 0]
      resolution_range  (spotfinder.filter.resolution_range)
          resolution range left out (two numbers; may be repeated) [Å; tuple[tuple[float, ...],
          ...]; default ()]
      disable_parallax_correction  (spotfinder.filter.disable_parallax_correction)
          take resolutions without the parallax of the sensor [bool; default False]
      ice_rings  (spotfinder.filter.ice_rings.filter)
          leave out powder rings, of hexagonal ice if not told [bool; default False]
      ice_width  (spotfinder.filter.ice_rings.width)
          full width of a ring [1/Å²; float; default 0.002; > 0]
      ice_cell  (spotfinder.filter.ice_rings.unit_cell)
          cell of what makes rings [Å, °; tuple[float, float, float, float, float, float]; default
          (4.498, 4.498, 7.338, 90.0, 90.0, 120.0)]
      ice_group  (spotfinder.filter.ice_rings.space_group)
          its space group: name, number or Hall symbol [str; default P 63/m m c]
      untrusted_panel  (spotfinder.filter.untrusted.panel)
          panels of the untrusted shapes (default 0); whole panels where no shape is given
          [tuple[int, ...]; default ()]
      untrusted_rectangle  (spotfinder.filter.untrusted.rectangle)
          untrusted x0, x1, y0, y1 (half-open; may be repeated) [px; tuple[tuple[int, ...], ...];
          default ()]
      untrusted_circle  (spotfinder.filter.untrusted.circle)
          untrusted circle: x, y, radius (may be repeated) [px; tuple[tuple[float, ...], ...];
          default ()]
      untrusted_polygon  (spotfinder.filter.untrusted.polygon)
          untrusted polygon: x0, y0, x1, y1, ... (may be repeated) [px; tuple[tuple[float, ...],
          ...]; default ()]
      untrusted_pixel  (spotfinder.filter.untrusted.pixel)
          untrusted y, x: slow before fast, as in DIALS (may be repeated) [px; tuple[tuple[int,
          ...], ...]; default ()]
      min_spot_size  (spotfinder.filter.min_spot_size)
          smallest spot; none means 3 on pixel arrays, 6 on others [px; int | None; default none; >=
          1]
      max_spot_size  (spotfinder.filter.max_spot_size)
          largest spot; none means 1000, and more in sweeps whose spots are large [px; int | None;
          default none; >= 1]
      max_separation  (spotfinder.filter.max_separation)
          largest distance between peak and centroid; none means 2, and more in sweeps whose spots
          are large [px; float | None; default none; > 0]
      max_gap  (spotfinder.filter.max_gap)
          images on which a spot may lack strong pixels; none joins over gaps where the sweep's
          spots fall to pieces [image; int | None; default none; >= 0, <= 100]
      max_strong_pixel_fraction  (spotfinder.filter.max_strong_pixel_fraction)
          an image with more strong pixels than this is left out; most images with more are an error
          [float; default 0.25; > 0, <= 1]
      scan_range  (spotfinder.scan_range)
          images to use: first, last (may be repeated); none means all [image; tuple[tuple[int,
          ...], ...]; default ()]
      mask  (spotfinder.lookup.mask)
          a file of pixels that may be used, as generate_mask makes, besides that of import [str |
          None; default none]
      region_of_interest  (spotfinder.region_of_interest)
          look at x0, x1, y0, y1 of each panel alone (half-open) [px; tuple[int, int, int, int] |
          None; default none]
      exclude_images
          images to leave out: [experiment,] first, last (may be repeated) [image; tuple[tuple[int,
          ...], ...]; default ()]
      force_2d  (spotfinder.force_2d)
          do not join pixels across images [bool; default False]
      shoeboxes  (output.shoeboxes)
          keep the pixels of each spot [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def index(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    beam_fix: Sequence[Literal['all', 'in_spindle_plane', 'out_spindle_plane', 'wavelength']] = ('in_spindle_plane', 'wavelength'),
    detector_fix: Sequence[Literal['all', 'position', 'orientation', 'distance']] = (),
    crystal_fix: Sequence[Literal['all', 'cell', 'orientation']] = (),
    target_cell: Sequence[float] | None = None,
    target_sigmas: Sequence[float] | None = None,
    target_id: Sequence[int] | None = None,
    target_apply_to_all: bool = False,
    group_sigmas: Sequence[float] | None = None,
    group_target: Literal['mean', 'low_memory_mean', 'median'] = 'mean',
    group_id: Sequence[int] | None = None,
    outliers: Literal['mcd', 'tukey', 'none'] = 'mcd',
    outlier_probability: float = 0.975,
    iqr_multiplier: float = 1.5,
    method: Literal['fft3d', 'real_space_grid_search'] = 'fft3d',
    joint: bool | None = None,
    image_range: Sequence[Sequence[int]] = (),
    space_group: str | None = None,
    unit_cell: Sequence[float] | None = None,
    relative_length_tolerance: float = 0.1,
    absolute_angle_tolerance: float = 5.0,
    max_delta: float = 5.0,
    min_cell: float = 3.0,
    max_cell: float | None = None,
    min_cell_volume: float = 25.0,
    fft_d_min: float | None = None,
    n_points: int = 256,
    beam_search: bool = True,
    beam_search_scope: float = 4.0,
    max_lattices: int = 1,
    recycle_cutoff: float = 0.1,
    minimum_angular_separation: float | None = None,
    hkl_tolerance: float = 0.3,
    d_min: float | None = None,
    n_macro_cycles: int = 3,
    context: Context | None = None,
) -> Result[IndexSummary, None]:
    """Find the lattice, orientation and indices of the spots.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon index` calls them):
      beam_fix  (refinement.parameterisation.beam.fix)
          what of the beam is not refined; in_spindle_plane keeps it in the plane of beam and
          spindle [all, in_spindle_plane, out_spindle_plane, wavelength; default
          ('in_spindle_plane', 'wavelength')]
      detector_fix  (refinement.parameterisation.detector.fix)
          what of the detector is not refined [all, position, orientation, distance; default ()]
      crystal_fix  (refinement.parameterisation.crystal.fix)
          what of the crystal is not refined [all, cell, orientation; default ()]
      target_cell  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.values)
          cell that all are tied to [Å, degree; tuple[float, ...] | None; default none]
      target_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.sigmas)
          standard deviations of that; 0 leaves an edge or angle free; 1 each if not given [Å,
          degree; tuple[float, ...] | None; default none]
      target_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.id)
          experiments whose crystals are tied to it, numbers from 0; all if not given [tuple[int,
          ...] | None; default none]
      target_apply_to_all  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.apply_to_all)
          tie the crystals of all experiments, whatever id says [bool; default False]
      group_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.sigmas)
          standard deviations by which cells are tied to each other; 0 leaves an edge or angle free;
          no tie if not given [Å, degree; tuple[float, ...] | None; default none]
      group_target  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.target)
          what they are tied to; both means are one here [mean, low_memory_mean, median; default
          mean]
      group_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.id)
          experiments whose crystals are tied to each other; all if not given [tuple[int, ...] |
          None; default none]
      outliers  (refinement.reflections.outlier.algorithm)
          how outliers are told: by robust distance in x, y and angle together (mcd), in each by
          itself (tukey), or not [mcd, tukey, none; default mcd]
      outlier_probability  (refinement.reflections.outlier.mcd.threshold_probability)
          a centroid further out than this part of a normal cloud is an outlier [float; default
          0.975; > 0.5, < 1]
      iqr_multiplier  (refinement.reflections.outlier.tukey.iqr_multiplier)
          a centroid this many interquartile ranges beyond the quartiles is an outlier [float;
          default 1.5; > 0]
      method  (indexing.method)
          how lattice vectors are found; real_space_grid_search needs a known cell [fft3d,
          real_space_grid_search; default fft3d]
      joint  (indexing.joint_indexing)
          one crystal for all sweeps; if not given: yes where one crystal explains them all, else
          one each [bool | None; default none]
      image_range  (indexing.image_range)
          spots to index: with centroids from j0 to below j1, images counted from 0 (may be
          repeated); none means all. Others are not in the table [image; tuple[tuple[int, ...],
          ...]; default ()]
      space_group  (indexing.known_symmetry.space_group)
          the space group, if known: name, number or Hall symbol [str | None; default none]
      unit_cell  (indexing.known_symmetry.unit_cell)
          the cell, if known: a,b,c,alpha,beta,gamma [Å, degree; tuple[float, ...] | None; default
          none]
      relative_length_tolerance  (indexing.known_symmetry.relative_length_tolerance)
          how far a cell edge may be from the known one, as a fraction [float; default 0.1; > 0]
      absolute_angle_tolerance  (indexing.known_symmetry.absolute_angle_tolerance)
          how far a cell angle may be from the known one [degree; float; default 5.0; > 0]
      max_delta  (indexing.known_symmetry.max_delta)
          how far the metric may be from the known symmetry (Le Page) [degree; float; default 5.0; >
          0]
      min_cell  (indexing.min_cell)
          the shortest cell edge to look for [Å; float; default 3.0; > 0]
      max_cell  (indexing.max_cell)
          the longest cell edge to look for; from neighbouring spots if not given [Å; float | None;
          default none; > 0]
      min_cell_volume  (indexing.min_cell_volume)
          the least cell volume [Å³; float; default 25.0; > 0]
      fft_d_min  (indexing.fft3d.reciprocal_space_grid.d_min)
          resolution limit of the transform; 5 max_cell / n_points if not given [Å; float | None;
          default none; > 0]
      n_points  (indexing.fft3d.reciprocal_space_grid.n_points)
          voxels along each axis of the transform [int; default 256; >= 32]
      beam_search  (indexing.beam_search)
          look for the beam centre before indexing [bool; default True]
      beam_search_scope  (indexing.mm_search_scope)
          how far from the header's beam centre to look [mm; float; default 4.0; > 0]
      max_lattices  (indexing.multiple_lattice_search.max_lattices)
          how many lattices to look for in one sweep [int; default 1; >= 1]
      recycle_cutoff  (indexing.multiple_lattice_search.recycle_unindexed_reflections_cutoff)
          look for another lattice only where at least this fraction of the spots has none [float;
          default 0.1; > 0, < 1]
      minimum_angular_separation  (indexing.multiple_lattice_search.minimum_angular_separation)
          lattices closer in orientation than this are one; none: as near as their spots can be told
          apart [degree; float | None; default none; >= 0]
      hkl_tolerance  (indexing.index_assignment.simple.hkl_tolerance)
          how far from whole numbers fractional indices may be [float; default 0.3; > 0, <= 0.5]
      d_min  (indexing.refinement_protocol.d_min_final)
          resolution limit of refinement; all spots if not given [Å; float | None; default none; >
          0]
      n_macro_cycles  (indexing.refinement_protocol.n_macro_cycles)
          rounds of assignment and refinement, in growing resolution [int; default 3; >= 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def refine(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    beam_fix: Sequence[Literal['all', 'in_spindle_plane', 'out_spindle_plane', 'wavelength']] = ('in_spindle_plane', 'wavelength'),
    detector_fix: Sequence[Literal['all', 'position', 'orientation', 'distance']] = (),
    crystal_fix: Sequence[Literal['all', 'cell', 'orientation']] = (),
    target_cell: Sequence[float] | None = None,
    target_sigmas: Sequence[float] | None = None,
    target_id: Sequence[int] | None = None,
    target_apply_to_all: bool = False,
    group_sigmas: Sequence[float] | None = None,
    group_target: Literal['mean', 'low_memory_mean', 'median'] = 'mean',
    group_id: Sequence[int] | None = None,
    outliers: Literal['mcd', 'tukey', 'none'] = 'mcd',
    outlier_probability: float = 0.975,
    iqr_multiplier: float = 1.5,
    scan_varying: bool | None = None,
    interval: float | None = None,
    orientation_interval: float | None = None,
    orientation_intervals: int | None = None,
    orientation_force_static: bool = False,
    cell_interval: float | None = None,
    cell_intervals: int | None = None,
    cell_force_static: bool = False,
    beam_force_static: bool = True,
    beam_interval: float = 36.0,
    beam_intervals: int | None = None,
    block_width: float = 1.0,
    reflections_block_width: float | None = None,
    separate_mounts: bool | None = None,
    one_cell: bool | None = None,
    panels: Literal['together', 'each'] = 'together',
    modules: bool | None = None,
    close_to_spindle_cutoff: float = 0.02,
    max_iterations: int = 50,
    use_all_reflections: Literal[True] = True,
    bin_size_fraction: float = 0.0,
    context: Context | None = None,
) -> Result[RefineSummary, None]:
    """Refine geometry, orientation and cell against the spots.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon refine` calls them):
      beam_fix  (refinement.parameterisation.beam.fix)
          what of the beam is not refined; in_spindle_plane keeps it in the plane of beam and
          spindle [all, in_spindle_plane, out_spindle_plane, wavelength; default
          ('in_spindle_plane', 'wavelength')]
      detector_fix  (refinement.parameterisation.detector.fix)
          what of the detector is not refined [all, position, orientation, distance; default ()]
      crystal_fix  (refinement.parameterisation.crystal.fix)
          what of the crystal is not refined [all, cell, orientation; default ()]
      target_cell  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.values)
          cell that all are tied to [Å, degree; tuple[float, ...] | None; default none]
      target_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.sigmas)
          standard deviations of that; 0 leaves an edge or angle free; 1 each if not given [Å,
          degree; tuple[float, ...] | None; default none]
      target_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.id)
          experiments whose crystals are tied to it, numbers from 0; all if not given [tuple[int,
          ...] | None; default none]
      target_apply_to_all  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.apply_to_all)
          tie the crystals of all experiments, whatever id says [bool; default False]
      group_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.sigmas)
          standard deviations by which cells are tied to each other; 0 leaves an edge or angle free;
          no tie if not given [Å, degree; tuple[float, ...] | None; default none]
      group_target  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.target)
          what they are tied to; both means are one here [mean, low_memory_mean, median; default
          mean]
      group_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.id)
          experiments whose crystals are tied to each other; all if not given [tuple[int, ...] |
          None; default none]
      outliers  (refinement.reflections.outlier.algorithm)
          how outliers are told: by robust distance in x, y and angle together (mcd), in each by
          itself (tukey), or not [mcd, tukey, none; default mcd]
      outlier_probability  (refinement.reflections.outlier.mcd.threshold_probability)
          a centroid further out than this part of a normal cloud is an outlier [float; default
          0.975; > 0.5, < 1]
      iqr_multiplier  (refinement.reflections.outlier.tukey.iqr_multiplier)
          a centroid this many interquartile ranges beyond the quartiles is an outlier [float;
          default 1.5; > 0]
      scan_varying  (refinement.parameterisation.scan_varying)
          let each crystal turn along its scan; if not given, orientation and cell each vary where
          the spots make it much likelier than that they stand still [bool | None; default none]
      interval  (refinement.parameterisation.crystal.scan_varying.interval_width_degrees)
          distance of the checkpoints of a scan-varying crystal; if not given, a degree, or more
          where spots are few [degree; float | None; default none; > 0]
      orientation_interval  (refinement.parameterisation.crystal.orientation.smoother.interval_width_degrees)
          the same for orientations; these have their checkpoints where cells have, at the least
          distance given [degree; float | None; default none; > 0]
      orientation_intervals  (refinement.parameterisation.crystal.orientation.smoother.absolute_num_intervals)
          number of intervals of a scan instead [int | None; default none; >= 1]
      orientation_force_static  (refinement.parameterisation.crystal.orientation.force_static)
          keep orientations still along scans [bool; default False]
      cell_interval  (refinement.parameterisation.crystal.unit_cell.smoother.interval_width_degrees)
          the same for cells [degree; float | None; default none; > 0]
      cell_intervals  (refinement.parameterisation.crystal.unit_cell.smoother.absolute_num_intervals)
          number of intervals of a scan instead [int | None; default none; >= 1]
      cell_force_static  (refinement.parameterisation.crystal.unit_cell.force_static)
          keep cells still along scans [bool; default False]
      beam_force_static  (refinement.parameterisation.beam.force_static)
          keep the beam still; false lets it wander along each scan, as electron beams do, unless
          scan_varying is false [bool; default True]
      beam_interval  (refinement.parameterisation.beam.smoother.interval_width_degrees)
          distance of the checkpoints of a beam that wanders [degree; float; default 36.0; > 0]
      beam_intervals  (refinement.parameterisation.beam.smoother.absolute_num_intervals)
          number of intervals of a scan instead [int | None; default none; >= 1]
      block_width  (refinement.parameterisation.block_width)
          models of crystals that vary along scans are composed at least so often, and interpolated
          between [degree; float; default 1.0; > 0]
      reflections_block_width  (refinement.reflections.block_width)
          block_width by its older name [degree; float | None; default none; > 0]
      separate_mounts  (refinement.parameterisation.crystal.separate_mounts)
          give a crystal that was scanned several times an orientation for each scan, and one cell;
          if not given: where the fit is much better for it [bool | None; default none]
      one_cell  (refinement.parameterisation.crystal.one_cell)
          give crystals that are one lattice, indexed alike in several scans, one cell and each its
          orientation; if not given: unless cells of their own fit better than their number explains
          [bool | None; default none]
      panels  (refinement.parameterisation.detector.panels)
          move the panels of a detector as one body, or each by itself [together, each; default
          together]
      modules  (refinement.parameterisation.detector.modules)
          shift and turn the modules of a panel, or the panels of a detector moved together, each by
          itself; if not given: where spots suffice and the fit gains by it [bool | None; default
          none]
      close_to_spindle_cutoff  (refinement.reflections.close_to_spindle_cutoff)
          least volume of spindle, beam and diffracted ray, as unit vectors: below, the angle is ill
          determined [float; default 0.02; >= 0, < 1]
      max_iterations  (refinement.refinery.max_iterations)
          most steps of one minimisation [int; default 50; >= 1]
      use_all_reflections  (refinement.reflections.use_all_reflections)
          every reflection that is fit for it is used; a smaller part of them would save little here
          [True; default True]
      bin_size_fraction  (refinement.target.bin_size_fraction)
          0 alone: steps go on until they gain nothing, however small the residuals are [float;
          default 0.0; >= 0, <= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def integrate(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    exclude_images: Sequence[Sequence[int]] = (),
    d_min: float | None = None,
    d_max: float | None = None,
    padding: float = 1.0,
    n_sigma: float = 3.0,
    sigma_b: float | None = None,
    sigma_m: float | None = None,
    min_zeta: float = 0.05,
    profile_fitting: bool = True,
    profile: Literal['gaussian_rs'] = 'gaussian_rs',
    reference_threshold: float = 10.0,
    valid_foreground: float = 0.5,
    background: Literal['glm', 'linear', 'constant'] = 'glm',
    background_outliers: Literal['huber', 'null'] = 'huber',
    tuning_constant: float = 1.345,
    min_pixels: int = 10,
    box_scale: float = 2.0,
    guard: float = 1.3,
    scan_range: Sequence[Sequence[int]] = (),
    gain: float | None = None,
    ice_rings: bool = False,
    context: Context | None = None,
) -> Result[IntegrateSummary, None]:
    """Measure the intensity of every reflection.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon integrate` calls them):
      exclude_images
          images to leave out, experiment:first:last (may be repeated) [image; tuple[tuple[int,
          ...], ...]; default ()]
      d_min  (prediction.d_min)
          finest resolution predicted; the detector's corner where none [Å; float | None; default
          none; > 0]
      d_max  (prediction.d_max)
          coarsest resolution predicted; all where none [Å; float | None; default none; > 0]
      padding  (prediction.padding)
          predict this far beyond the ends of the scan [degree; float; default 1.0; >= 0]
      n_sigma  (profile.gaussian_rs.parameters.n_sigma)
          radius of the foreground [sigma; float; default 3.0; > 0]
      sigma_b  (profile.sigma_b)
          beam divergence (spot width); from the spots where none [degree; float | None; default
          none; > 0]
      sigma_m  (profile.sigma_m)
          mosaicity (rocking width); from the spots where none [degree; float | None; default none;
          > 0]
      min_zeta  (profile.gaussian_rs.filter.min_zeta)
          reflections nearer the spindle are not integrated [float; default 0.05; > 0, <= 1]
      profile_fitting  (profile.fitting)
          fit reference profiles, beside summation [bool; default True]
      profile  (profile.algorithm)
          what is fitted: a Gaussian, corrected by strong spots nearby, or another package's model
          [gaussian_rs; default gaussian_rs]
      reference_threshold  (profile.min_i_over_sigma)
          reference profiles are learned from spots above this [I/sigma; float; default 10.0; > 0]
      valid_foreground  (profile.valid_foreground_threshold)
          least share of the profile on usable pixels [float; default 0.5; >= 0, <= 1]
      background  (background.algorithm)
          background in a shoebox: a robust Poisson constant, a robust plane, or the plain mean of
          all pixels [glm, linear, constant; default glm]
      background_outliers  (background.outlier.algorithm)
          counts far from the background weigh less (huber), or all the same (null) [huber, null;
          default huber]
      tuning_constant  (background.robust.tuning_constant)
          Huber's constant: counts further off weigh less [sigma; float; default 1.345; > 0]
      min_pixels  (background.min_pixels)
          least number of background pixels [px; int; default 10; >= 1]
      box_scale  (shoebox.sigma_b_multiplier)
          size of the shoebox in foreground radii [float; default 2.0; > 1.2]
      guard  (shoebox.guard)
          background starts at this many foreground radii, beyond the tails of the spot [float;
          default 1.3; >= 1]
      scan_range
          images to integrate, of every sweep: first, last (may be repeated); none means all [image;
          tuple[tuple[int, ...], ...]; default ()]
      gain  (detector.gain)
          counts of one photon; none takes the detector's [count; float | None; default none; > 0]
      ice_rings  (filter.ice_rings)
          flag reflections on ice rings [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def symmetry(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    exclude_images: Sequence[Sequence[int]] = (),
    lattice_symmetry_max_delta: float = 2.0,
    relative_length_tolerance: float = 0.05,
    absolute_angle_tolerance: float = 2.0,
    partiality_threshold: float = 0.4,
    d_min: float | None = None,
    min_i_mean_over_sigma_mean: float = 3.0,
    laue_group: str | None = None,
    space_group: str | None = None,
    unit_cell: tuple[float, float, float, float, float, float] | None = None,
    best_monoclinic_beta: bool = True,
    check_absences: bool = True,
    small_molecule: bool = False,
    seed: int = 42,
    context: Context | None = None,
) -> Result[SymmetrySummary, None]:
    """Find the Laue group and the space group.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon symmetry` calls them):
      exclude_images
          images to leave out, experiment:first:last (may be repeated) [image; tuple[tuple[int,
          ...], ...]; default ()]
      lattice_symmetry_max_delta
          how far the metric may be from a symmetry to be tested for it [degree; float; default 2.0;
          > 0]
      relative_length_tolerance
          spread of cell lengths among experiments [float; default 0.05; > 0]
      absolute_angle_tolerance
          spread of cell angles among experiments [degree; float; default 2.0; > 0]
      partiality_threshold
          least recorded part of a reflection that is used [float; default 0.4; >= 0, <= 1]
      d_min
          high-resolution limit; none means where <I>/<sigma> falls [Å; float | None; default none;
          > 0]
      min_i_mean_over_sigma_mean
          least <I>/<sigma> of a resolution shell that is used [float; default 3.0; >= 0]
      laue_group
          take this Laue group or space group (P 4/m, I23, 75); none means find it [str | None;
          default none]
      space_group
          take this space group (P212121, 19); none means find it [str | None; default none]
      unit_cell
          the result is to have this cell, a, b, c, alpha, beta, gamma; none means the conventional
          one [Å, degree; tuple[float, float, float, float, float, float] | None; default none]
      best_monoclinic_beta
          take I instead of C centring where its angle is nearer 90 degrees [bool; default True]
      check_absences  (systematic_absences.check)
          look for screw axes [bool; default True]
      small_molecule  (systematic_absences.small_molecule)
          also glide planes and centres of symmetry [bool; default False]
      seed
          of the random pairs that calibrate the correlation's error [int; default 42]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def cosym(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    exclude_images: Sequence[Sequence[int]] = (),
    space_group: str | None = None,
    laue_group: str | None = None,
    reference: str | None = None,
    lattice_symmetry_max_delta: float = 5.0,
    relative_length_tolerance: float = 0.05,
    absolute_angle_tolerance: float = 2.0,
    exclude_inconsistent_unit_cells: bool = True,
    min_reflections: int = 10,
    partiality_threshold: float = 0.4,
    d_min: float | None = None,
    min_i_mean_over_sigma_mean: float = 4.0,
    min_pairs: int = 3,
    cc_weights: Literal['sigma'] | None = 'sigma',
    weights: Literal['count', 'standard_error'] = 'count',
    dimensions: int | None = None,
    unit_cell: tuple[float, float, float, float, float, float] | None = None,
    best_monoclinic_beta: bool = True,
    check_absences: bool = True,
    seed: int = 230,
    context: Context | None = None,
) -> Result[CosymSummary, Similarity]:
    """Find the symmetry and the indexing choice of many crystals.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon cosym` calls them):
      exclude_images
          images to leave out, experiment:first:last (may be repeated) [image; tuple[tuple[int,
          ...], ...]; default ()]
      space_group
          take this space group (I213, 199); none means find it [str | None; default none]
      laue_group
          take this Laue group or space group (I m -3, I23); none means find it [str | None; default
          none]
      reference
          merged MTZ, mmCIF or PDB file whose indexing choice, cell and space group the data are to
          have [str | None; default none]
      lattice_symmetry_max_delta
          how far the metric may be from a symmetry to be tested for it [degree; float; default 5.0;
          > 0]
      relative_length_tolerance
          spread of cell lengths among data sets [float; default 0.05; > 0]
      absolute_angle_tolerance
          spread of cell angles among data sets [degree; float; default 2.0; > 0]
      exclude_inconsistent_unit_cells
          leave out data sets whose cell is not that of the others; otherwise such a cell is an
          error [bool; default True]
      min_reflections
          unique reflections below which a data set is left out [int; default 10; >= 1]
      partiality_threshold
          least recorded part of a reflection that is used [float; default 0.4; >= 0, <= 1]
      d_min
          high-resolution limit; none means where <I>/<sigma> falls [Å; float | None; default none;
          > 0]
      min_i_mean_over_sigma_mean
          least <I>/<sigma> of a resolution shell that is used [float; default 4.0; >= 0]
      min_pairs
          common reflections below which two data sets say nothing of each other [int; default 3; >=
          2]
      cc_weights
          weigh reflections in a correlation by their errors, or alike [sigma; default sigma]
      weights
          weigh correlations by their number of pairs, or by 1 / variance [count, standard_error;
          default count]
      dimensions
          of the coordinates; none means as many as the correlations need [int | None; default none;
          >= 2]
      unit_cell
          the result is to have this cell, a, b, c, alpha, beta, gamma; none means the conventional
          one [Å, degree; tuple[float, float, float, float, float, float] | None; default none]
      best_monoclinic_beta
          take I instead of C centring where its angle is nearer 90 degrees [bool; default True]
      check_absences  (systematic_absences.check)
          look for screw axes [bool; default True]
      seed
          of random starts and pairs [int; default 230]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def scale(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    exclude_datasets: Sequence[str] = (),
    use_datasets: Sequence[str] = (),
    exclude_images: Sequence[Sequence[int]] = (),
    filter_method: Literal['deltacchalf'] | None = None,
    filter_mode: Literal['dataset', 'image_group'] = 'dataset',
    filter_group_size: int = 10,
    filter_stdcutoff: float = 4.0,
    filter_max_cycles: int = 6,
    filter_max_percent_removed: float = 10.0,
    filter_min_completeness: float | None = None,
    model: Literal['auto', 'physical', 'KB', 'array', 'dose_decay'] = 'auto',
    d_min: float | None = None,
    d_max: float | None = None,
    partiality_cutoff: float = 0.4,
    min_isigi: float = -5.0,
    anomalous: bool = False,
    intensity_choice: Literal['combine', 'profile', 'sum'] = 'combine',
    scale_interval: float | None = None,
    decay_interval: float | None = None,
    share_absorption: bool = False,
    array_decay: bool = True,
    array_interval: float = 20.0,
    n_resolution_bins: int = 10,
    array_absorption: bool = True,
    n_absorption_bins: int = 3,
    array_modulation: bool = False,
    n_modulation_bins: int = 20,
    dose_scale_interval: float = 2.0,
    dose_relative_b: bool = True,
    dose_correction: bool = True,
    share_dose: bool = True,
    dose_dependence: Literal['quadratic', 'linear'] = 'quadratic',
    dose_absorption: bool = False,
    decay_correction: bool = True,
    absorption_correction: bool | None = None,
    absorption_level: Literal['low', 'medium', 'high'] | None = None,
    lmax: int = 4,
    surface_weight: float | None = None,
    decay_restraint: float = 0.1,
    outlier_zmax: float = 6.0,
    emax: float = 10.0,
    error_model: Literal['basic', 'none'] = 'basic',
    error_model_a: float | None = None,
    error_model_b: float | None = None,
    error_grouping: Literal['combined', 'individual', 'grouped'] = 'combined',
    error_model_group: Sequence[Sequence[int]] = (),
    min_ih: float | None = None,
    stills_min_isigma: float | None = None,
    stills_min_multiplicity: int = 2,
    least_weight: float = 0.3,
    max_observations: int = 60000,
    space_group: str | None = None,
    reference: str | None = None,
    target_mtz: str | None = None,
    target_model: str | None = None,
    only_target: bool = False,
    only_save_targeted: bool = True,
    nbins: int = 20,
    seed: int = 0,
    context: Context | None = None,
) -> Result[ScaleSummary, None]:
    """Put intensities on one scale, with an error model.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon scale` calls them):
      exclude_datasets
          data sets to leave out: numbers from 0, names or identifiers [tuple[str, ...]; default ()]
      use_datasets
          data sets to use, all others are left out; alike [tuple[str, ...]; default ()]
      exclude_images
          images to leave out, experiment:first:last (may be repeated) [image; tuple[tuple[int,
          ...], ...]; default ()]
      filter_method  (filtering.method)
          deltacchalf: leave out what makes CC1/2 worse, and scale again [deltacchalf; default none]
      filter_mode  (filtering.deltacchalf.mode)
          what is left out: data sets, or groups of images [dataset, image_group; default dataset]
      filter_group_size  (filtering.deltacchalf.group_size)
          images in a group [image; int; default 10; >= 1]
      filter_stdcutoff  (filtering.deltacchalf.stdcutoff)
          robust sigmas below the median contribution to CC1/2 [sigma; float; default 4.0; > 0]
      filter_max_cycles  (filtering.deltacchalf.max_cycles)
          most rounds of leaving out [int; default 6; >= 1]
      filter_max_percent_removed  (filtering.deltacchalf.max_percent_removed)
          most observations left out [%; float; default 10.0; > 0, <= 100]
      filter_min_completeness  (filtering.deltacchalf.min_completeness)
          leave out nothing below this completeness [%; float | None; default none; > 0, <= 100]
      model
          physical: smooth scale, decay and absorption; KB: one scale and B a sweep; dose_decay:
          smooth scale, one B a sweep, and a fall with resolution in proportion to the angle turned;
          array: smooth over angle and resolution, and over the detector; auto: KB below 1 degree,
          else physical, and fewer parameters where equivalents are few [auto, physical, KB, array,
          dose_decay; default auto]
      d_min  (cut_data.d_min)
          leave out reflections beyond [Å; float | None; default none; > 0]
      d_max  (cut_data.d_max)
          leave out reflections below [Å; float | None; default none; > 0]
      partiality_cutoff  (cut_data.partiality_cutoff)
          leave out reflections of which less was recorded [float; default 0.4; > 0, <= 1]
      min_isigi  (cut_data.min_isigi)
          leave out I/sigma below [float; default -5.0]
      anomalous
          let scales, too, take I(+) and I(-) for different reflections, as errors and outliers
          always do [bool; default False]
      intensity_choice
          which intensity: profile-fitted, summed, or the blend with the lowest Rmeas [combine,
          profile, sum; default combine]
      scale_interval  (physical.scale_interval)
          spacing of the smooth scale; by the width of the sweep if not given [degree; float | None;
          default none; > 0]
      decay_interval  (physical.decay_interval)
          spacing of the smooth decay; by the width of the sweep if not given [degree; float | None;
          default none; > 0]
      share_absorption  (physical.share.absorption)
          one absorption for all sweeps, of one crystal on one goniometer [bool; default False]
      array_decay  (array.decay_correction)
          let the scale change with resolution [bool; default True]
      array_interval  (array.decay_interval)
          spacing of the grids in angle [degree; float; default 20.0; > 0]
      n_resolution_bins  (array.n_resolution_bins)
          intervals of the grid in 1/d^2 [int; default 10; >= 1]
      array_absorption  (array.absorption_correction)
          refine what changes over the detector and the angle [bool; default True]
      n_absorption_bins  (array.n_absorption_bins)
          intervals of that across the detector, each way [int; default 3; >= 1]
      array_modulation  (array.modulation_correction)
          refine what changes over the detector alone [bool; default False]
      n_modulation_bins  (array.n_modulation_bins)
          intervals of that, each way [int; default 20; >= 1]
      dose_scale_interval  (dose_decay.scale_interval)
          spacing of the smooth scale of dose_decay [degree; float; default 2.0; > 0]
      dose_relative_b  (dose_decay.relative_B_correction)
          refine a B factor of each sweep, which does not change along it [bool; default True]
      dose_correction  (dose_decay.decay_correction)
          refine the fall in proportion to the angle turned [bool; default True]
      share_dose  (dose_decay.share.decay)
          one such fall for all sweeps [bool; default True]
      dose_dependence  (dose_decay.resolution_dependence)
          whether it goes with 1/d^2, as a B factor, or 1/d [quadratic, linear; default quadratic]
      dose_absorption  (dose_decay.absorption_correction)
          refine absorption in dose_decay [bool; default False]
      decay_correction  (physical.decay_correction)
          refine a relative B factor [bool; default True]
      absorption_correction  (physical.absorption_correction)
          refine absorption; for sweeps over 20 degrees if not given [bool | None; default none]
      absorption_level  (physical.absorption_level)
          absorption by harmonics up to order 4 (low) or 6 (medium, high) whatever lmax is; how
          strong they may be is measured, unless surface_weight says it [low, medium, high; default
          none]
      lmax  (physical.lmax)
          highest order of the absorption harmonics [int; default 4; >= 1, <= 8]
      surface_weight  (physical.surface_weight)
          restraint of the absorption parameters to zero; from their own size if not given [float |
          None; default none; > 0]
      decay_restraint  (physical.decay_restraint)
          restraint of the B factors to zero [float; default 0.1; >= 0]
      outlier_zmax  (outlier_rejection.outlier_zmax)
          reject observations this many sigma from their equivalents; 0 rejects none [sigma; float;
          default 6.0; >= 0]
      emax  (reflection_selection.emax)
          reject normalised amplitudes above; 0 rejects none [float; default 10.0; >= 0]
      error_model  (weighting.error_model.error_model)
          basic: variances of up to five sources, each with its own fitted factor; none: sigmas as
          integrated [basic, none; default basic]
      error_model_a  (weighting.error_model.basic.a)
          factor of the sigmas, not fitted; with a or b given variances are a^2 (sigma^2 + (b I)^2)
          and no more [float | None; default none; > 0]
      error_model_b  (weighting.error_model.basic.b)
          error in proportion to the intensity, not fitted [float | None; default none; >= 0]
      error_grouping  (weighting.error_model.grouping)
          one error model for all sweeps, one for each, or one for each error_model_group [combined,
          individual, grouped; default combined]
      error_model_group  (weighting.error_model.error_model_group)
          sweeps of one error model, numbers from 0 (may be repeated); those named in none have one
          together [tuple[tuple[int, ...], ...]; default ()]
      min_ih  (weighting.error_model.basic.min_Ih)
          the error model is told by reflections of at least this mean intensity; all if not given
          [scaled counts; float | None; default none]
      stills_min_isigma  (weighting.error_model.basic.stills.min_Isigma)
          the error model is told by observations on stills of at least this I/sigma; all if not
          given [float | None; default none]
      stills_min_multiplicity  (weighting.error_model.basic.stills.min_multiplicity)
          the error model is told by reflections that stills observed so often [int; default 2; >=
          2]
      least_weight  (weighting.least_weight)
          merge observations that weigh at least so much of the mean of their heavier equivalents; 0
          merges all [float; default 0.3; >= 0, < 1]
      max_observations  (reflection_selection.max_observations)
          observations used to determine the scales (all are scaled); more where sweeps need them
          [int; default 60000; >= 1000]
      space_group
          scale in this space group instead of the crystals' [str | None; default none]
      reference  (scaling_options.reference)
          scale to the intensities of this file: merged MTZ or mmCIF (amplitudes are squared), or a
          PDB or mmCIF model, of which they are computed with bulk solvent [str | None; default
          none]
      target_mtz  (scaling_options.target_mtz)
          reference by its older name [str | None; default none]
      target_model  (scaling_options.target_model)
          reference by its older name [str | None; default none]
      only_target  (scaling_options.only_target)
          scale the data sets that have no scales yet to the means of those that have; a reference
          is always scaled to [bool; default False]
      only_save_targeted  (scaling_options.only_save_targeted)
          with only_target, keep the newly scaled data sets alone, without those they were scaled to
          [bool; default True]
      nbins  (output.merging.nbins)
          most resolution shells of the tables [int; default 20; >= 1, <= 200]
      seed
          of the random half sets and of the choice of observations [int; default 0; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def correlation_matrix(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    partiality_threshold: float = 0.4,
    d_min: float | None = None,
    min_i_mean_over_sigma_mean: float = 1.0,
    min_reflections: int = 30,
    cc_weights: Literal['sigma', 'none'] = 'sigma',
    min_pairs: int = 10,
    dimensions: int | None = None,
    maximum_dimensions: int = 6,
    linkage_method: Literal['ward', 'average'] = 'ward',
    xi: float = 0.05,
    max_distance: float = 0.5,
    min_points: int = 5,
    optimise_input: bool = True,
    alpha: float = 1.0,
    gamma: float = 1.5,
    significance: float = 0.01,
    halvings: int = 5,
    output: bool = False,
    differing: int = 20,
    seed: int = 230,
    context: Context | None = None,
) -> Result[CorrelationMatrixSummary, Similarity]:
    """Say which data sets are alike, and how sure clusters of them are.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon correlation_matrix` calls them):
      partiality_threshold
          least recorded part of a reflection that is used [float; default 0.4; >= 0, <= 1]
      d_min
          high-resolution limit; none means where <I>/<sigma> falls [Å; float | None; default none;
          > 0]
      min_i_mean_over_sigma_mean
          least <I>/<sigma> of a resolution shell that is used [float; default 1.0; >= 0]
      min_reflections
          unique reflections that a data set needs to be compared [int; default 30; >= 3]
      cc_weights
          how reflections count in the correlation of two data sets [sigma, none; default sigma]
      min_pairs
          reflections that two data sets must share for a correlation [int; default 10; >= 3]
      dimensions
          of the coordinates; as many as are above the noise if not given [int | None; default none;
          >= 1]
      maximum_dimensions  (dimensionality_assessment.maximum_dimensions)
          most dimensions that are tried [int; default 6; >= 2]
      linkage_method  (hierarchical_clustering.linkage_method)
          how trees join [ward, average; default ward]
      xi  (significant_clusters.xi)
          least steepness of OPTICS' reachability [float; default 0.05; > 0, < 1]
      max_distance  (significant_clusters.max_distance)
          greatest distance between neighbours for OPTICS [float; default 0.5; > 0]
      min_points  (significant_clusters.min_points)
          least neighbours for OPTICS; more are tried if optimise_input [int; default 5; >= 2]
      optimise_input  (significant_clusters.optimise_input)
          choose OPTICS' neighbours by the silhouette [bool; default True]
      alpha  (significant_clusters.optimisation.alpha)
          how much points in no cluster cost [float; default 1.0; >= 0]
      gamma  (significant_clusters.optimisation.gamma)
          power of their share in that cost [float; default 1.5; > 0]
      significance  (significant_clusters.significance)
          risk to take that data sets of one kind are split [float; default 0.01; > 0, < 1]
      halvings  (significant_clusters.halvings)
          random halves of the reflections on which splits are found and tested [int; default 5; >=
          1, <= 50]
      output  (significant_clusters.output)
          write cluster_N.expt and .refl [bool; default False]
      differing
          reflections to name that differ most, for each two clusters [int; default 20; >= 0]
      seed
          of the halves and of the start of the coordinates [int; default 230; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def estimate_resolution(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    cc_half: float | None = 0.3,
    cc_half_significance_level: float = 0.1,
    isigma: float | None = None,
    misigma: float | None = None,
    completeness: float | None = None,
    rmerge: float | None = None,
    nbins: int = 50,
    reflections_per_bin: int = 25,
    seed: int = 0,
    context: Context | None = None,
) -> Result[EstimateResolutionSummary, None]:
    """Say how far scaled data reach.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon estimate_resolution` calls them):
      cc_half
          lowest CC1/2, by a tanh fit [float | None; default 0.3; > 0, < 1]
      cc_half_significance_level
          stop where chance would give CC1/2 this often [float; default 0.1; > 0, < 0.5]
      isigma
          lowest mean I/sigma of unmerged observations [float | None; default none; > 0]
      misigma
          lowest mean I/sigma of merged reflections [float | None; default none; > 0]
      completeness
          lowest completeness [float | None; default none; > 0, <= 1]
      rmerge
          highest Rmerge [float | None; default none; > 0]
      nbins
          most resolution shells [int; default 50; >= 5, <= 500]
      reflections_per_bin
          fewest unique reflections in a shell [int; default 25; >= 3]
      seed
          of the random half sets [int; default 0; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def merge(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    anomalous: bool = True,
    truncate: bool = True,
    d_min: float | None = None,
    d_max: float | None = None,
    partiality_threshold: float = 0.4,
    use_internal_variance: bool = False,
    wavelength_tolerance: float = 0.0001,
    min_reflections: int = 200,
    residues: float | None = None,
    generate: bool = True,
    fraction: float = 0.05,
    seed: int = 0,
    crystal_name: str = 'XTAL',
    project_name: str = 'gnomon',
    dataset_names: Sequence[str] = ('NATIVE',),
    reference_free_set: FreeSet | None = None,
    context: Context | None = None,
) -> Result[MergeSummary, MergedData]:
    """Merge scaled intensities, make amplitudes and a free set.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon merge` calls them):
      anomalous
          also merge I(+) and I(-) apart [bool; default True]
      truncate
          make amplitudes by the method of French and Wilson [bool; default True]
      d_min
          high-resolution limit [Å; float | None; default none; > 0]
      d_max
          low-resolution limit [Å; float | None; default none; > 0]
      partiality_threshold
          least recorded fraction of a reflection [float; default 0.4; >= 0, <= 1]
      use_internal_variance
          raise sigmas to the scatter among equivalents where that is larger [bool; default False]
      wavelength_tolerance
          spread of wavelengths taken as one [Å; float; default 0.0001; >= 0]
      min_reflections  (french_wilson.min_reflections)
          fewer unique reflections get a flat prior [int; default 200; >= 1]
      residues  (n_residues)
          amino acids in the asymmetric unit, for the Wilson plot; from its volume if not given
          [float | None; default none; > 0]
      generate  (r_free_flags.generate)
          set aside an R-free set [bool; default True]
      fraction  (r_free_flags.fraction)
          of the reflections set aside [float; default 0.05; > 0, < 0.5]
      seed  (r_free_flags.seed)
          another seed chooses another free set [int; default 0; >= 0]
      crystal_name  (output.crystal_names)
          the crystal's name in the MTZ file [str; default XTAL]
      project_name  (output.project_name)
          the project's name there [str; default gnomon]
      dataset_names  (output.dataset_names)
          names of data sets there: one, or one for each wavelength, rising [tuple[str, ...];
          default ('NATIVE',)]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def export(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    format: Literal['mtz', 'mmcif', 'xds_ascii', 'shelx', 'sca', 'sadabs', 'hklf5', 'json', 'nxs', 'pets', 'mosflm'] = 'mtz',
    intensity: Literal['auto', 'scale', 'sum', 'profile'] = 'auto',
    d_min: float | None = None,
    d_max: float | None = None,
    partiality_threshold: float = 0.4,
    min_isigi: float = -5.0,
    wavelength_tolerance: float = 0.0001,
    composition: str = 'CHNO',
    mtz_crystal_name: str = 'XTAL',
    mtz_project_name: str = 'gnomon',
    sadabs_run: int = 1,
    sadabs_predict: bool = False,
    hklf5_max_pixels: float = 3.0,
    hklf5_max_images: float = 2.0,
    json_n_digits: int = 6,
    json_compact: bool = True,
    nxs_instrument_name: str = 'Unknown',
    nxs_instrument_short_name: str = 'Unknown',
    nxs_source_name: str = 'Unknown',
    nxs_source_short_name: str = 'Unknown',
    pets_id: int | None = None,
    pets_partiality_cutoff: float = 0.99,
    pets_flag_filtering: bool = False,
    pets_excitation_error_cutoff: float = 0.04,
    pets_n_merged: int = 1,
    pets_step: int = 1,
    context: Context | None = None,
) -> Result[ExportSummary, UnmergedData | Data]:
    """Write MTZ, mmCIF, XDS, SHELX, scalepack, SADABS, NeXus, PETS, MOSFLM files, rlp.json.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon export` calls them):
      format
          the file's format [mtz, mmcif, xds_ascii, shelx, sca, sadabs, hklf5, json, nxs, pets,
          mosflm; default mtz]
      intensity
          which intensity; auto: scaled where there is one, otherwise both summed and profile-fitted
          [auto, scale, sum, profile; default auto]
      d_min
          high-resolution limit [Å; float | None; default none; > 0]
      d_max
          low-resolution limit [Å; float | None; default none; > 0]
      partiality_threshold
          least recorded fraction of a reflection [float; default 0.4; >= 0, <= 1]
      min_isigi
          observations of lower I / sigma are left out [float; default -5.0]
      wavelength_tolerance
          spread of wavelengths taken as one [Å; float; default 0.0001; >= 0]
      composition  (shelx.composition)
          elements for a SHELX .ins file: CHNO, or C H N O Cl [str; default CHNO]
      mtz_crystal_name  (mtz.crystal_name)
          the crystal's name in the file [str; default XTAL]
      mtz_project_name  (mtz.project_name)
          the project's name in the file [str; default gnomon]
      sadabs_run  (sadabs.run)
          number of the first sweep's run [int; default 1; >= 1]
      sadabs_predict  (sadabs.predict)
          places and directions of crystals that do not vary along the scan, not those observed
          [bool; default False]
      hklf5_max_pixels  (hklf5.max_pixels)
          reflections of two lattices this near along both sides of the detector overlap [px; float;
          default 3.0; > 0]
      hklf5_max_images  (hklf5.max_images)
          and this near along the scan [images; float; default 2.0; > 0]
      json_n_digits  (json.n_digits)
          decimals of reciprocal lattice points [int; default 6; >= 0, <= 15]
      json_compact  (json.compact)
          without blanks and new lines [bool; default True]
      nxs_instrument_name  (nxs.instrument_name)
          name of the beamline [str; default Unknown]
      nxs_instrument_short_name  (nxs.instrument_short_name)
          its short name [str; default Unknown]
      nxs_source_name  (nxs.source_name)
          name of the source [str; default Unknown]
      nxs_source_short_name  (nxs.source_short_name)
          its short name [str; default Unknown]
      pets_id  (pets.id)
          which experiment, of several, from 0 [int | None; default none; >= 0]
      pets_partiality_cutoff  (pets.partiality_cutoff)
          least recorded part of a reflection in virtual frames [float; default 0.99; >= 0, <= 1]
      pets_flag_filtering  (pets.flag_filtering)
          only reflections whose flag of integration is set [bool; default False]
      pets_excitation_error_cutoff  (pets.virtual_frame.excitation_error_cutoff)
          how far from the Ewald sphere a virtual frame has reflections [1/Å; float; default 0.04; >
          0]
      pets_n_merged  (pets.virtual_frame.n_merged)
          images merged in a virtual frame [int; default 1; >= 1]
      pets_step  (pets.virtual_frame.step)
          images from a virtual frame to the next [int; default 1; >= 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def align_crystal(
    experiments: Data | Experiments | None,
    *,
    mode: Literal['main', 'cusp'] = 'main',
    vector: Sequence[Sequence[float]] = (),
    frame: Literal['reciprocal', 'direct'] = 'reciprocal',
    space_group: str | None = None,
    context: Context | None = None,
) -> Result[AlignCrystalSummary, None]:
    """Find goniometer angles that bring axes of the crystal along the spindle, or across it and the beam.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon align_crystal` calls them):
      mode  (align.mode)
          main: the first vector along the goniometer's outermost axis, the second in the plane of
          that and the beam; cusp: the first across that axis and the beam, the second in the plane
          of the first and that axis [main, cusp; default main]
      vector  (align.crystal.vector)
          pairs of vectors by their indices, first and second of each; all pairs of the three axes
          if not given [tuple[tuple[float, ...], ...]; default ()]
      frame  (align.crystal.frame)
          whether indices are of a*, b*, c* or of a, b, c [reciprocal, direct; default reciprocal]
      space_group
          equivalent vectors of this group count as one; the crystal's own if not given [str | None;
          default none]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def anvil_correction(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    density: float = 3510.0,
    thickness: float = 1.5925,
    normal: tuple[float, float, float] = (0.0, 1.0, 0.0),
    context: Context | None = None,
) -> Result[AnvilCorrectionSummary, None]:
    """Give intensities back what the diamond anvils of a pressure cell absorbed.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon anvil_correction` calls them):
      density  (anvil.density)
          density of the anvils; that of synthetic diamond if not given [kg/m³; float; default
          3510.0; > 0]
      thickness  (anvil.thickness)
          thickness of each anvil; that of the cells of beamline I19 at Diamond if not given [mm;
          float; default 1.5925; > 0]
      normal  (anvil.normal)
          direction across the anvils in the laboratory, with all axes of the goniometer at 0; of
          any length [tuple[float, float, float]; default (0.0, 1.0, 0.0)]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def apply_mask(
    experiments: Data | Experiments | None,
    *,
    shadow: str | None = None,
    dynamic_shadowing: bool | None = None,
    mask: Sequence[str] = (),
    context: Context | None = None,
) -> Result[ApplyMaskSummary, None]:
    """Have experiments use a mask, or leave out shadows of the goniometer.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon apply_mask` calls them):
      shadow  (lookup.shadow)
          TOML file that describes the parts of the goniometer that cast shadows [str | None;
          default none]
      dynamic_shadowing  (format.dynamic_shadowing)
          leave out of every image what the goniometer hides; none does where its parts are
          described [bool | None; default none]
      mask  (input.mask)
          mask files: one for all images, or one for each set of them (may be repeated) [tuple[str,
          ...]; default ()]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def assign_experiment_identifiers(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    identifiers: Sequence[str] = (),
    context: Context | None = None,
) -> Result[AssignExperimentIdentifiersSummary, None]:
    """Give each experiment an identifier, in the experiments and their reflections.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon assign_experiment_identifiers` calls them):
      identifiers
          a name for each experiment, in their order; where none, those that have one keep it,
          others get one [tuple[str, ...]; default ()]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def check_indexing_symmetry(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    d_min: float = 0.0,
    d_max: float = 0.0,
    symop_threshold: float = 0.0,
    grid: int = 0,
    grid_h: int = 0,
    grid_k: int = 0,
    grid_l: int = 0,
    asu: bool = False,
    normalise: bool = False,
    normalise_bins: int = 0,
    context: Context | None = None,
) -> Result[CheckIndexingSymmetrySummary, None]:
    """Correlate intensities under the space group's operators, and under shifted indices.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon check_indexing_symmetry` calls them):
      d_min
          leave out reflections of higher resolution; 0 for none [Å; float; default 0.0; >= 0]
      d_max
          leave out reflections of lower resolution; 0 for none [Å; float; default 0.0; >= 0]
      symop_threshold
          operators whose correlation exceeds this make a group, which is named; 0 for none [float;
          default 0.0; >= 0, <= 1]
      grid
          shift all indices by up to so many each way [int; default 0; >= 0, <= 10]
      grid_h
          shift h by up to so many each way; grid where that is more [int; default 0; >= 0, <= 20]
      grid_k
          the same of k [int; default 0; >= 0, <= 20]
      grid_l
          the same of l [int; default 0; >= 0, <= 20]
      asu
          judge shifts by all equivalents of the space group, which must be right; else by Friedel
          mates alone [bool; default False]
      normalise
          divide intensities by their mean at the same resolution first [bool; default False]
      normalise_bins
          resolution shells for that; 0 for one in 200 reflections, 20 at most [int; default 0; >=
          0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def cluster_unit_cell(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    threshold: float = 5000.0,
    linkage: Literal['single', 'complete', 'average', 'ward'] = 'single',
    max_delta: float = 3.0,
    context: Context | None = None,
) -> Result[ClusterUnitCellSummary, None]:
    """Group crystals by their unit cells.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon cluster_unit_cell` calls them):
      threshold
          distance of reduced cells at which clusters part [Å²; float; default 5000.0; >= 0]
      linkage
          how far apart clusters are: by their nearest members, furthest, the mean, or the growth of
          variance [single, complete, average, ward; default single]
      max_delta
          misfit allowed for the symmetry of a cluster's cell [degree; float; default 3.0; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def combine_experiments(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    beam: int | None = None,
    detector: int | None = None,
    goniometer: int | None = None,
    scan: int | None = None,
    crystal: int | None = None,
    average_detector: bool = False,
    compare_models: bool = True,
    clustering: bool = False,
    threshold: float = 1000.0,
    max_clusters: int | None = None,
    exclude_single_crystal_clusters: bool = True,
    n_subset: int | None = None,
    n_subset_method: Literal['random', 'n_refl', 'significance_filter'] = 'random',
    seed: int = 0,
    min_reflections_per_experiment: int | None = None,
    max_reflections_per_experiment: int | None = None,
    max_batch_size: int | None = None,
    delete_shoeboxes: bool = False,
    significance_filter: bool = False,
    isigi_cutoff: float = 1.0,
    n_bins: int = 20,
    d_min: float | None = None,
    context: Context | None = None,
) -> Result[CombineExperimentsSummary, None]:
    """Make one pair of files of many, with shared models shared.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon combine_experiments` calls them):
      beam  (reference_from_experiment.beam)
          give all the beam of this experiment [int | None; default none; >= 0]
      detector  (reference_from_experiment.detector)
          give all the detector of this one [int | None; default none; >= 0]
      goniometer  (reference_from_experiment.goniometer)
          give all the goniometer of this one [int | None; default none; >= 0]
      scan  (reference_from_experiment.scan)
          give all the scan of this one [int | None; default none; >= 0]
      crystal  (reference_from_experiment.crystal)
          give all the crystal of this one [int | None; default none; >= 0]
      average_detector  (reference_from_experiment.average_detector)
          give all the mean of the detectors, which must have the same panels [bool; default False]
      compare_models  (reference_from_experiment.compare_models)
          refuse to replace models that differ from the reference [bool; default True]
      clustering  (clustering.use)
          write a pair of files for each cluster of cells [bool; default False]
      threshold  (clustering.threshold)
          distance of cells at which clusters part [Å²; float; default 1000.0; > 0]
      max_clusters  (clustering.max_clusters)
          write only this many clusters [int | None; default none; >= 1]
      exclude_single_crystal_clusters  (clustering.exclude_single_crystal_clusters)
          no files for clusters of one crystal [bool; default True]
      n_subset  (output.n_subset)
          keep this many experiments [int | None; default none; >= 1]
      n_subset_method  (output.n_subset_method)
          which: any, those of most reflections, or those that reach furthest [random, n_refl,
          significance_filter; default random]
      seed  (output.seed)
          of the random choice [int; default 0; >= 0]
      min_reflections_per_experiment  (output.min_reflections_per_experiment)
          leave out experiments of fewer [int | None; default none; >= 1]
      max_reflections_per_experiment  (output.max_reflections_per_experiment)
          leave out experiments of more [int | None; default none; >= 1]
      max_batch_size  (output.max_batch_size)
          write files of at most this many experiments [int | None; default none; >= 1]
      delete_shoeboxes  (output.delete_shoeboxes)
          leave out the pixels of spots [bool; default False]
      significance_filter  (output.significance_filter.enable)
          leave out reflections beyond where mean I/sigma fades [bool; default False]
      isigi_cutoff  (output.significance_filter.isigi_cutoff)
          where it has faded [float; default 1.0]
      n_bins  (output.significance_filter.n_bins)
          shells in which to look [int; default 20; >= 1]
      d_min  (output.significance_filter.d_min)
          the end of the shells; the data's, if not given [Å; float | None; default none; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def compare_orientation_matrices(
    experiments: Data | Experiments | None,
    *,
    hkl: Sequence[Sequence[int]] = (),
    comparison: Literal['pairwise', 'sequential'] = 'pairwise',
    space_group: str | None = None,
    lattice: bool = False,
    context: Context | None = None,
) -> Result[CompareOrientationMatricesSummary, None]:
    """Tell the rotation from one crystal to another, as they are indexed and by symmetry.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon compare_orientation_matrices` calls them):
      hkl
          reciprocal directions h,k,l whose angles are told (may be repeated) [tuple[tuple[int,
          ...], ...]; default ()]
      comparison
          each with each, or with the next [pairwise, sequential; default pairwise]
      space_group
          the group of both, by whose rotations the second is turned; its own if not given [str |
          None; default none]
      lattice
          turn the second by all that its lattice allows, whatever the settings and groups of both
          [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def complete_full_sphere(
    experiments: Data | Experiments | None,
    *,
    resolution: float = 0.0,
    shadow: bool = True,
    max_scans: int = 3,
    scan_width: float = 360.0,
    target: float = 0.99,
    step: float = 20.0,
    kappa_range: tuple[float, float] = (-180.0, 180.0),
    unique: bool = False,
    context: Context | None = None,
) -> Result[CompleteFullSphereSummary, None]:
    """Find scans at other goniometer angles that record what those given cannot.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon complete_full_sphere` calls them):
      resolution
          resolution to which the sphere is to be complete; 0: that at the nearest edge of the
          detector, or, where there are several panels, at the furthest corner [Å; float; default
          0.0; >= 0]
      shadow
          leave out what the goniometer hides, where its parts are described [bool; default True]
      max_scans
          further scans at most [int; default 3; >= 1]
      scan_width
          rotation of each further scan [degree; float; default 360.0; > 0, <= 360]
      target
          no further scan once so much of the sphere is recorded [float; default 0.99; > 0, <= 1]
      step
          step in which the angles of the other axes are tried [degree; float; default 20.0; >= 2,
          <= 90]
      kappa_range
          angles that the axis next to the outermost one may take (kappa, chi) [degree; tuple[float,
          float]; default (-180.0, 180.0)]
      unique
          count reflections that symmetry and Friedel's law make equivalent as one, instead of all
          of the sphere [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def compute_delta_cchalf(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    mode: Literal['dataset', 'image_group'] = 'dataset',
    group_size: int = 10,
    stdcutoff: float = 4.0,
    nbins: int = 10,
    d_min: float | None = None,
    d_max: float | None = None,
    seed: int = 0,
    context: Context | None = None,
) -> Result[ComputeDeltaCchalfSummary, None]:
    """Say which data sets or images make CC1/2 worse.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon compute_delta_cchalf` calls them):
      mode
          what is judged: data sets, or groups of images [dataset, image_group; default dataset]
      group_size
          images in a group [image; int; default 10; >= 1]
      stdcutoff
          robust sigmas below the median contribution to CC1/2 [sigma; float; default 4.0; > 0]
      nbins
          most resolution shells [int; default 10; >= 1, <= 100]
      d_min
          leave out reflections beyond [Å; float | None; default none; > 0]
      d_max
          leave out reflections below [Å; float | None; default none; > 0]
      seed
          of the blocks by which errors are told [int; default 0; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def damage_analysis(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    dose_per_image: Sequence[float] = (1.0,),
    starting_doses: Sequence[float] = (0.0,),
    shared_crystal: bool = False,
    anomalous: bool = True,
    d_min: float | None = None,
    d_max: float | None = None,
    min_completeness: float = 95.0,
    significance: float = 3.0,
    seed: int = 0,
    context: Context | None = None,
) -> Result[DamageAnalysisSummary, None]:
    """Say how intensities change with dose, and how much to keep.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon damage_analysis` calls them):
      dose_per_image  (dose.experiments.dose_per_image)
          dose of an image: one number for all experiments, or one for each [image or MGy;
          tuple[float, ...]; default (1.0,)]
      starting_doses  (dose.experiments.starting_doses)
          dose before the first image: one number for all experiments, or one for each [image or
          MGy; tuple[float, ...]; default (0.0,)]
      shared_crystal  (dose.experiments.shared_crystal)
          the experiments are of one crystal: each goes on where the one before ended [bool; default
          False]
      anomalous
          compare only I(+) with I(+) and I(-) with I(-) [bool; default True]
      d_min
          leave out reflections beyond [Å; float | None; default none; > 0]
      d_max
          leave out reflections below [Å; float | None; default none; > 0]
      min_completeness
          keep at least the dose at which this much of the final completeness is reached [%; float;
          default 95.0; >= 0, <= 100]
      significance
          standard errors that a change with dose must have [sigma; float; default 3.0; > 0]
      seed
          of the blocks by which errors are told [int; default 0; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def detect_blanks(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    phi_step: float = 2.0,
    counts_fractional_loss: float = 0.1,
    misigma_fractional_loss: float = 0.1,
    context: Context | None = None,
) -> Result[DetectBlanksSummary, None]:
    """Find stretches of images with next to no spots, or intensities that are nothing.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon detect_blanks` calls them):
      phi_step
          width of the steps in which spots are counted; an image at least [degree; float; default
          2.0; > 0]
      counts_fractional_loss
          a step is blank that has fewer spots than this fraction of those of the fullest [float;
          default 0.1; >= 0, <= 1]
      misigma_fractional_loss
          a step is blank whose mean I/sigma is below this fraction of the highest [float; default
          0.1; >= 0, <= 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def estimate_gain(
    experiments: Data | Experiments | None,
    *,
    kernel_size: tuple[int, int] = (10, 10),
    max_images: int = 1,
    context: Context | None = None,
) -> Result[EstimateGainSummary, Sequence[Sequence[ndarray]]]:
    """Estimate the detector's gain from the scatter of the background.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon estimate_gain` calls them):
      kernel_size
          half widths, fast and slow, of the windows in which counts are compared [px; tuple[int,
          int]; default (10, 10)]
      max_images
          most images of a sweep that are looked at, evenly spread [int; default 1; >= 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def export_bitmaps(
    experiments: Data | Experiments | None,
    *,
    image_range: tuple[int, int] | None = None,
    binning: int = 1,
    brightness: float = 100.0,
    colour_scheme: Literal['greyscale', 'rainbow', 'heatmap', 'inverse_greyscale'] = 'greyscale',
    projection: Literal['image', 'lab'] = 'image',
    padding: int = 4,
    display: Literal['image', 'mean', 'variance', 'dispersion', 'sigma_b', 'sigma_s', 'global_threshold', 'threshold'] = 'image',
    nsigma_b: float = 6.0,
    nsigma_s: float = 3.0,
    global_threshold: float = 0.0,
    kernel_size: tuple[int, int] = (3, 3),
    min_local: int = 2,
    gain: float = 1.0,
    saturation: float = 0.0,
    show_mask: bool = False,
    rings: bool = False,
    ring_number: int = 5,
    ice_rings: bool = False,
    context: Context | None = None,
) -> Result[ExportBitmapsSummary, Bitmaps]:
    """Write images, or what spot finding makes of them, as PNG, JPEG or TIFF pictures.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon export_bitmaps` calls them):
      image_range
          first and last image of each set; all if not given [tuple[int, int] | None; default none]
      binning
          the highest of so many by so many pixels becomes one [px; int; default 1; >= 1, <= 64]
      brightness
          at 100 the 90th percentile of the pixels has two fifths of the darkest shade; at 50 one
          fifth [float; default 100.0; > 0]
      colour_scheme
          of no counts to many: white to black, blue to red, black to white by red and yellow, black
          to white [greyscale, rainbow, heatmap, inverse_greyscale; default greyscale]
      projection
          panels side by side as they are read out, or as one sees them along the beam [image, lab;
          default image]
      padding
          between panels that stand side by side [px; int; default 4; >= 0, <= 1000]
      display
          the counts, or about each pixel their mean, variance, variance over mean; where that, the
          counts or the counts alone are above their threshold, or all three [image, mean, variance,
          dispersion, sigma_b, sigma_s, global_threshold, threshold; default image]
      nsigma_b
          threshold of variance over mean [sigma; float; default 6.0; >= 0]
      nsigma_s
          threshold of counts above the mean [sigma; float; default 3.0; >= 0]
      global_threshold
          threshold of counts [counts; float; default 0.0; >= 0]
      kernel_size
          half the window of the mean, along fast and slow [px; tuple[int, int]; default (3, 3)]
      min_local
          fewest pixels of a window that tell anything [px; int; default 2; >= 2]
      gain
          counts of one photon [float; default 1.0; > 0]
      saturation
          counts above this are yellow; none are where it is 0 [counts; float; default 0.0; >= 0]
      show_mask
          pixels that masks leave out are pink [bool; default False]
      rings  (resolution_rings.show)
          draw circles of resolution [bool; default False]
      ring_number  (resolution_rings.number)
          how many, evenly in 1/d² [int; default 5; >= 1, <= 50]
      ice_rings  (ice_rings.show)
          draw the circles of hexagonal ice [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def filter_reflections(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    flag_expression: str | None = None,
    id: Sequence[int] | None = None,
    imageset_id: Sequence[int] | None = None,
    panel: Sequence[int] | None = None,
    d_min: float | None = None,
    d_max: float | None = None,
    partiality_min: float | None = None,
    partiality_max: float | None = None,
    image_range: tuple[int, int] | None = None,
    n_signal: tuple[int, int] | None = None,
    polygon: Sequence[float] | None = None,
    right: tuple[float, float, float] = (1.0, 0.0, 0.0),
    up: tuple[float, float, float] = (0.0, 1.0, 0.0),
    depth: tuple[float, float] | None = None,
    crystal_frame: bool = False,
    select_good_intensities: bool = False,
    ice_rings: bool = False,
    unit_cell: tuple[float, float, float, float, float, float] = (4.498, 4.498, 7.338, 90.0, 90.0, 120.0),
    space_group: str = 'P 63/m m c',
    width: float = 0.002,
    rings_d_min: float | None = None,
    context: Context | None = None,
) -> Result[FilterReflectionsSummary, None]:
    """Keep the reflections that have these flags, resolutions, panels....

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon filter_reflections` calls them):
      flag_expression
          names of flags with & (and), | (or), ~ (not) and brackets: 'integrated & ~reference_spot'
          [str | None; default none]
      id
          of these experiments [tuple[int, ...] | None; default none]
      imageset_id
          of these image sets [tuple[int, ...] | None; default none]
      panel
          on these panels [tuple[int, ...] | None; default none]
      d_min
          no further than this [Å; float | None; default none; > 0]
      d_max
          no nearer than this [Å; float | None; default none; > 0]
      partiality_min  (partiality.min)
          least part recorded [float | None; default none; >= 0, <= 1]
      partiality_max  (partiality.max)
          greatest part recorded [float | None; default none; >= 0, <= 1]
      image_range
          seen on these images: first,last [image; tuple[int, int] | None; default none]
      n_signal
          of at least and at most so many strong pixels [px; tuple[int, int] | None; default none]
      polygon  (region.polygon)
          within this polygon, seen in reciprocal space: x1,y1,x2,y2,... [1/Å; tuple[float, ...] |
          None; default none]
      right  (region.right)
          the direction of its x, in the laboratory at phi = 0 [tuple[float, float, float]; default
          (1.0, 0.0, 0.0)]
      up  (region.up)
          the direction of its y [tuple[float, float, float]; default (0.0, 1.0, 0.0)]
      depth  (region.depth)
          along x cross y, from and to; any, if not given [1/Å; tuple[float, float] | None; default
          none]
      crystal_frame  (region.crystal_frame)
          the directions turn with each crystal (by its U) [bool; default False]
      select_good_intensities
          integrated by sum and fit, with positive variances, 0.99 recorded, in no overload [bool;
          default False]
      ice_rings  (ice_rings.filter)
          leave out those on powder rings [bool; default False]
      unit_cell  (ice_rings.unit_cell)
          of the powder [Å, degrees; tuple[float, float, float, float, float, float]; default
          (4.498, 4.498, 7.338, 90.0, 90.0, 120.0)]
      space_group  (ice_rings.space_group)
          of the powder: name or number [str; default P 63/m m c]
      width  (ice_rings.width)
          full width of a ring [1/Å²; float; default 0.002; > 0]
      rings_d_min  (ice_rings.d_min)
          the last ring; as far as the data reach, if not given [Å; float | None; default none; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def find_bad_pixels(
    experiments: Data | Experiments | None,
    *,
    images: Sequence[int] = (),
    image_range: tuple[int, int] | None = None,
    max_images: int = 100,
    sigma: float = 6.0,
    hot_fraction: float = 0.5,
    factor: float = 3.0,
    context: Context | None = None,
) -> Result[FindBadPixelsSummary, BadPixels]:
    """Find dead, hot and warm pixels, and make a mask without them.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon find_bad_pixels` calls them):
      images
          images to look at; none means max_images of them [image; tuple[int, ...]; default ()]
      image_range
          first and last image to look at [image; tuple[int, int] | None; default none]
      max_images
          at most so many images, spread evenly [image; int; default 100; >= 6]
      sigma
          how far a pixel stands out from its neighbours [sigma; float; default 6.0; > 0]
      hot_fraction
          a hot pixel stands out on more than this part of images [float; default 0.5; > 0, < 1]
      factor
          a dead or warm pixel differs by more than this factor in the sum of all images [float;
          default 3.0; > 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def find_hot_pixels(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    hot_fraction: float = 0.5,
    context: Context | None = None,
) -> Result[FindHotPixelsSummary, HotPixels]:
    """Find pixels that are strong on most images, and make a mask without them.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon find_hot_pixels` calls them):
      hot_fraction
          a hot pixel is strong on more than this part of the images [float; default 0.5; > 0, < 1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def find_rotation_axis(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    max_two_theta: float = 10.0,
    global_search: bool = True,
    azimuth: float | None = None,
    opposite: bool = False,
    context: Context | None = None,
) -> Result[FindRotationAxisSummary, None]:
    """Find the direction of the rotation axis from spots, as electron diffraction needs it.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon find_rotation_axis` calls them):
      max_two_theta
          use spots up to this angle from the beam [degree; float; default 10.0; > 0, <= 90]
      global_search
          look in all directions; else only near azimuth, or the present axis [bool; default True]
      azimuth
          direction of the axis to begin with, from the detector's fast axis towards laboratory y (x
          towards y about the beam); the present axis if not given [degree; float | None; default
          none; >= -360, <= 360]
      opposite
          begin with the opposite of that: the same line, turning the other way [bool; default
          False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def generate_distortion_maps(
    experiments: Data | Experiments | None,
    *,
    mode: Literal['translate', 'ellipse'] = 'translate',
    dx: Sequence[float] = (0.0,),
    dy: Sequence[float] = (0.0,),
    phi: float = -21.0,
    l1: float = 1.0,
    l2: float = 0.956,
    centre_xy: tuple[float, float] = (33.2475, 33.2475),
    context: Context | None = None,
) -> Result[GenerateDistortionMapsSummary, None]:
    """Make tables of a known distortion of the images, which import takes as lookup.dx and lookup.dy.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon generate_distortion_maps` calls them):
      mode
          panels that are shifted, or circles seen as ellipses [translate, ellipse; default
          translate]
      dx  (translate.dx)
          how far spots are seen off along fast: one value, or one a panel [px; tuple[float, ...];
          default (0.0,)]
      dy  (translate.dy)
          the same along slow [px; tuple[float, ...]; default (0.0,)]
      phi  (ellipse.phi)
          direction of the ellipse's first axis: from the first panel's fast axis away from its slow
          axis [degree; float; default -21.0; >= -360, <= 360]
      l1  (ellipse.l1)
          true distance from the centre over that seen, along the first axis [float; default 1.0; >=
          0.5, <= 2.0]
      l2  (ellipse.l2)
          the same along the second axis [float; default 0.956; >= 0.5, <= 2.0]
      centre_xy  (ellipse.centre_xy)
          centre, along fast and slow of the first panel [mm; tuple[float, float]; default (33.2475,
          33.2475)]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def generate_mask(
    experiments: Data | Experiments | None,
    *,
    border: int = 0,
    d_min: float | None = None,
    d_max: float | None = None,
    resolution_range: Sequence[Sequence[float]] = (),
    disable_parallax_correction: bool = False,
    ice_rings: bool = False,
    ice_width: float = 0.002,
    ice_cell: tuple[float, float, float, float, float, float] = (4.498, 4.498, 7.338, 90.0, 90.0, 120.0),
    ice_group: str = 'P 63/m m c',
    untrusted_panel: Sequence[int] = (),
    untrusted_rectangle: Sequence[Sequence[int]] = (),
    untrusted_circle: Sequence[Sequence[float]] = (),
    untrusted_polygon: Sequence[Sequence[float]] = (),
    untrusted_pixel: Sequence[Sequence[int]] = (),
    use_trusted_range: bool = False,
    shadow: Literal['ever', 'always'] | None = None,
    context: Context | None = None,
) -> Result[GenerateMaskSummary, Sequence[Sequence[ndarray]]]:
    """Make a mask of the pixels that may be used.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon generate_mask` calls them):
      border
          edge of every panel left out [px; int; default 0; >= 0]
      d_min
          high-resolution limit [Å; float | None; default none; > 0]
      d_max
          low-resolution limit [Å; float | None; default none; > 0]
      resolution_range
          resolution range left out (two numbers; may be repeated) [Å; tuple[tuple[float, ...],
          ...]; default ()]
      disable_parallax_correction
          take resolutions without the parallax of the sensor [bool; default False]
      ice_rings  (ice_rings.filter)
          leave out powder rings, of hexagonal ice if not told [bool; default False]
      ice_width  (ice_rings.width)
          full width of a ring [1/Å²; float; default 0.002; > 0]
      ice_cell  (ice_rings.unit_cell)
          cell of what makes rings [Å, °; tuple[float, float, float, float, float, float]; default
          (4.498, 4.498, 7.338, 90.0, 90.0, 120.0)]
      ice_group  (ice_rings.space_group)
          its space group: name, number or Hall symbol [str; default P 63/m m c]
      untrusted_panel  (untrusted.panel)
          panels of the untrusted shapes (default 0); whole panels where no shape is given
          [tuple[int, ...]; default ()]
      untrusted_rectangle  (untrusted.rectangle)
          untrusted x0, x1, y0, y1 (half-open; may be repeated) [px; tuple[tuple[int, ...], ...];
          default ()]
      untrusted_circle  (untrusted.circle)
          untrusted circle: x, y, radius (may be repeated) [px; tuple[tuple[float, ...], ...];
          default ()]
      untrusted_polygon  (untrusted.polygon)
          untrusted polygon: x0, y0, x1, y1, ... (may be repeated) [px; tuple[tuple[float, ...],
          ...]; default ()]
      untrusted_pixel  (untrusted.pixel)
          untrusted y, x: slow before fast, as in DIALS (may be repeated) [px; tuple[tuple[int,
          ...], ...]; default ()]
      use_trusted_range
          leave out pixels that are out of the trusted range on the first, the middle and the last
          image [bool; default False]
      shadow
          leave out what the goniometer hides on any image of the scan, or on all of them [ever,
          always; default none]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def merging_statistics(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    n_bins: int = 20,
    d_min: float | None = None,
    d_max: float | None = None,
    space_group: str | None = None,
    seed: int = 0,
    context: Context | None = None,
) -> Result[MergingStatisticsSummary, None]:
    """Merging statistics of scaled observations, in shells and overall.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon merging_statistics` calls them):
      n_bins
          most resolution shells, of equal volume [int; default 20; >= 1, <= 500]
      d_min
          leave out observations of higher resolution [Å; float | None; default none; > 0]
      d_max
          leave out observations of lower resolution [Å; float | None; default none; > 0]
      space_group
          the space group, where it is not that of the crystals: name or number [str | None; default
          none]
      seed
          of the random half sets [int; default 0; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def missing_reflections(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    min_component_size: int = 0,
    d_min: float | None = None,
    d_max: float | None = None,
    context: Context | None = None,
) -> Result[MissingReflectionsSummary, None]:
    """Find connected regions of reflections that were never measured.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon missing_reflections` calls them):
      min_component_size
          leave out regions of fewer reflections [int; default 0; >= 0]
      d_min
          high-resolution limit; that of the data if not given [Å; float | None; default none; > 0]
      d_max
          low-resolution limit; that of the data if not given [Å; float | None; default none; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def modify_experiments(
    experiments: Data | Experiments | None,
    *,
    oscillation: tuple[float, float] | None = None,
    wavelength: float | None = None,
    beam_direction: Sequence[float] | None = None,
    polarization_fraction: float | None = None,
    polarization_normal: Sequence[float] | None = None,
    distance: float | None = None,
    pixel_size: tuple[float, float] | None = None,
    fast_slow_beam_centre: Sequence[float] | None = None,
    slow_fast_beam_centre: Sequence[float] | None = None,
    mosflm_beam_centre: Sequence[float] | None = None,
    trusted_range: tuple[float, float] | None = None,
    gain: float | None = None,
    pedestal: float | None = None,
    thickness: float | None = None,
    material: Literal['Si', 'CdTe'] | None = None,
    goniometer_axis: Sequence[float] | None = None,
    goniometer_axes: Sequence[float] | None = None,
    invert_rotation_axis: bool = False,
    select_experiments: Sequence[int] = (),
    context: Context | None = None,
) -> Result[ModifyExperimentsSummary, None]:
    """Change beam, detector, goniometer or oscillation of experiments.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon modify_experiments` calls them):
      oscillation  (geometry.scan.oscillation)
          start of the first image and width of each [degree; tuple[float, float] | None; default
          none]
      wavelength  (geometry.beam.wavelength)
          wavelength [Å; float | None; default none; > 0]
      beam_direction  (geometry.beam.direction)
          direction from the sample to the source: x, y, z [tuple[float, ...] | None; default none]
      polarization_fraction  (geometry.beam.polarization_fraction)
          1 for a beam wholly polarised, 0.5 for none [float | None; default none; >= 0, <= 1]
      polarization_normal  (geometry.beam.polarization_normal)
          normal of the plane of polarisation: x, y, z [tuple[float, ...] | None; default none]
      distance  (geometry.detector.distance)
          distance of the detector plane along its normal [mm; float | None; default none; > 0]
      pixel_size  (geometry.detector.panel.pixel_size)
          size of a pixel: fast, slow [mm; tuple[float, float] | None; default none]
      fast_slow_beam_centre  (geometry.detector.fast_slow_beam_centre)
          where the direct beam meets the detector: fast, slow (and panel) [px; tuple[float, ...] |
          None; default none]
      slow_fast_beam_centre  (geometry.detector.slow_fast_beam_centre)
          where the direct beam meets the detector: slow, fast (and panel) [px; tuple[float, ...] |
          None; default none]
      mosflm_beam_centre  (geometry.detector.mosflm_beam_centre)
          where the direct beam meets the detector in MOSFLM's order: slow, fast [mm; tuple[float,
          ...] | None; default none]
      trusted_range  (geometry.detector.trusted_range)
          lowest and highest count to be trusted [count; tuple[float, float] | None; default none]
      gain  (geometry.detector.panel.gain)
          counts of one photon [count; float | None; default none; > 0]
      pedestal  (geometry.detector.panel.pedestal)
          counts of a pixel that no photon hit [count; float | None; default none]
      thickness  (geometry.detector.panel.thickness)
          thickness of the sensor; 0 for no parallax [mm; float | None; default none; >= 0]
      material  (geometry.detector.panel.material)
          what the sensor is made of [Si, CdTe; default none]
      goniometer_axis  (geometry.goniometer.axis)
          direction of the rotation axis: x, y, z [tuple[float, ...] | None; default none]
      goniometer_axes  (geometry.goniometer.axes)
          direction of the rotation axis, or of all axes from crystal to laboratory: x, y, z, ...
          [tuple[float, ...] | None; default none]
      invert_rotation_axis  (geometry.goniometer.invert_rotation_axis)
          turn the rotation the other way round [bool; default False]
      select_experiments
          numbers of the experiments that are changed, from 0; all if not given [tuple[int, ...];
          default ()]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def plot_scan_varying_model(
    experiments: Data | Experiments | None,
    *,
    e1: tuple[float, float, float] = (1.0, 0.0, 0.0),
    e2: tuple[float, float, float] = (0.0, 1.0, 0.0),
    e3: tuple[float, float, float] = (0.0, 0.0, 1.0),
    relative_to_static_orientation: bool = True,
    context: Context | None = None,
) -> Result[PlotScanVaryingModelSummary, None]:
    """Show how cell, orientation and beam change along the scan.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon plot_scan_varying_model` calls them):
      e1  (orientation_decomposition.e1)
          first axis, about which a crystal is turned first [tuple[float, float, float]; default
          (1.0, 0.0, 0.0)]
      e2  (orientation_decomposition.e2)
          second axis, at right angles to it [tuple[float, float, float]; default (0.0, 1.0, 0.0)]
      e3  (orientation_decomposition.e3)
          third axis, e1 x e2 [tuple[float, float, float]; default (0.0, 0.0, 1.0)]
      relative_to_static_orientation  (orientation_decomposition.relative_to_static_orientation)
          tell turns from the scan's mean orientation, else from the laboratory's axes [bool;
          default True]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def predict(
    experiments: Data | Experiments | None,
    *,
    d_min: float | None = None,
    force_static: bool = False,
    buffer_size: int = 0,
    ignore_shadows: bool = True,
    context: Context | None = None,
) -> Result[PredictSummary, None]:
    """Predict all reflections of a scan.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon predict` calls them):
      d_min
          resolution limit; the detector's corner if not given [Å; float | None; default none; > 0]
      force_static
          with the crystal as it is on average, where it varies along the scan [bool; default False]
      buffer_size
          go on so many images before and behind the scan [image; int; default 0; >= 0]
      ignore_shadows
          keep reflections that fall on what the goniometer hides [bool; default True]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def refine_bravais_settings(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    beam_fix: Sequence[Literal['all', 'in_spindle_plane', 'out_spindle_plane', 'wavelength']] = ('in_spindle_plane', 'wavelength'),
    detector_fix: Sequence[Literal['all', 'position', 'orientation', 'distance']] = (),
    crystal_fix: Sequence[Literal['all', 'cell', 'orientation']] = (),
    target_cell: Sequence[float] | None = None,
    target_sigmas: Sequence[float] | None = None,
    target_id: Sequence[int] | None = None,
    target_apply_to_all: bool = False,
    group_sigmas: Sequence[float] | None = None,
    group_target: Literal['mean', 'low_memory_mean', 'median'] = 'mean',
    group_id: Sequence[int] | None = None,
    outliers: Literal['mcd', 'tukey', 'none'] = 'mcd',
    outlier_probability: float = 0.975,
    iqr_multiplier: float = 1.5,
    lepage_max_delta: float = 5.0,
    crystal_id: int | None = None,
    best_monoclinic_beta: bool = True,
    max_reflections: int = 2000,
    context: Context | None = None,
) -> list[Result[RefineBravaisSettingsSummary, None]]:
    """Refine in every lattice that the metric allows, to choose one.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon refine_bravais_settings` calls them):
      beam_fix  (refinement.parameterisation.beam.fix)
          what of the beam is not refined; in_spindle_plane keeps it in the plane of beam and
          spindle [all, in_spindle_plane, out_spindle_plane, wavelength; default
          ('in_spindle_plane', 'wavelength')]
      detector_fix  (refinement.parameterisation.detector.fix)
          what of the detector is not refined [all, position, orientation, distance; default ()]
      crystal_fix  (refinement.parameterisation.crystal.fix)
          what of the crystal is not refined [all, cell, orientation; default ()]
      target_cell  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.values)
          cell that all are tied to [Å, degree; tuple[float, ...] | None; default none]
      target_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.sigmas)
          standard deviations of that; 0 leaves an edge or angle free; 1 each if not given [Å,
          degree; tuple[float, ...] | None; default none]
      target_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.id)
          experiments whose crystals are tied to it, numbers from 0; all if not given [tuple[int,
          ...] | None; default none]
      target_apply_to_all  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_target.apply_to_all)
          tie the crystals of all experiments, whatever id says [bool; default False]
      group_sigmas  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.sigmas)
          standard deviations by which cells are tied to each other; 0 leaves an edge or angle free;
          no tie if not given [Å, degree; tuple[float, ...] | None; default none]
      group_target  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.target)
          what they are tied to; both means are one here [mean, low_memory_mean, median; default
          mean]
      group_id  (refinement.parameterisation.crystal.unit_cell.restraints.tie_to_group.id)
          experiments whose crystals are tied to each other; all if not given [tuple[int, ...] |
          None; default none]
      outliers  (refinement.reflections.outlier.algorithm)
          how outliers are told: by robust distance in x, y and angle together (mcd), in each by
          itself (tukey), or not [mcd, tukey, none; default mcd]
      outlier_probability  (refinement.reflections.outlier.mcd.threshold_probability)
          a centroid further out than this part of a normal cloud is an outlier [float; default
          0.975; > 0.5, < 1]
      iqr_multiplier  (refinement.reflections.outlier.tukey.iqr_multiplier)
          a centroid this many interquartile ranges beyond the quartiles is an outlier [float;
          default 1.5; > 0]
      lepage_max_delta
          how far the metric may be from a lattice's symmetry (Le Page 1982) [degree; float; default
          5.0; > 0]
      crystal_id
          the experiment whose crystal is tried; if not given all, of one cell [int | None; default
          none; >= 0]
      best_monoclinic_beta
          take I centring for C where its cell is less oblique; false: C always [bool; default True]
      max_reflections
          reflections of each experiment that are refined against [int; default 2000; >= 20]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def reindex(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    change_of_basis_op: str | None = None,
    unit_cell: tuple[float, float, float, float, float, float] | None = None,
    hkl_offset: tuple[int, int, int] | None = None,
    space_group: str | None = None,
    max_delta: float = 5.0,
    reference: Data | None = None,
    context: Context | None = None,
) -> Result[ReindexSummary, None]:
    """Change the basis of crystals and indices, or match a reference.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon reindex` calls them):
      change_of_basis_op
          new axes in terms of the old, a-b,a+b,c (or indices, h-k,h+k,l); if not given: a,b,c, or
          with a reference the one that agrees best with it [str | None; default none]
      unit_cell
          without a change given: to this cell, a, b, c, alpha, beta, gamma, of the same lattice [Å,
          degree; tuple[float, float, float, float, float, float] | None; default none]
      hkl_offset
          added to every index, before the change of basis [tuple[int, int, int] | None; default
          none]
      space_group
          the space group in the new basis: name, number or Hall symbol [str | None; default none]
      max_delta
          how far the metric may be from a symmetry that makes settings alike [degree; float;
          default 5.0; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def rs_mapper(
    experiments: Data | Experiments | None,
    *,
    max_resolution: float = 6.0,
    grid_size: int = 192,
    reverse_phi: bool = False,
    ignore_mask: bool = False,
    context: Context | None = None,
) -> Result[RsMapperSummary, ndarray]:
    """Put the counts of all images into a map of reciprocal space, for programs that show density.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon rs_mapper` calls them):
      max_resolution  (rs_mapper.max_resolution)
          the map ends at this resolution [Å; float; default 6.0; > 0]
      grid_size  (rs_mapper.grid_size)
          points along each edge; 192 make a map of 28 MB, 1024 one of 4 GB [int; default 192; >= 2,
          <= 1024]
      reverse_phi  (rs_mapper.reverse_phi)
          turn the other way, to see whether the axis does [bool; default False]
      ignore_mask  (rs_mapper.ignore_mask)
          use pixels that masks leave out, too [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def search_beam_position(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    method: Literal['default', 'midpoint', 'maximum', 'inversion'] = 'default',
    max_cell: float | None = None,
    image_range: tuple[int, int] | None = None,
    max_reflections: int = 10000,
    mm_search_scope: float = 4.0,
    n_macro_cycles: int = 1,
    d_min: float | None = None,
    seed: int = 42,
    max_images: int = 30,
    context: Context | None = None,
) -> Result[SearchBeamPositionSummary, None]:
    """Find the beam centre from spots, or from the images.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon search_beam_position` calls them):
      method
          default: lattices of the spots pass the origin; the others take the mean image alone: the
          middle between its flanks, its highest place, or the centre about which it is the same
          [default, midpoint, maximum, inversion; default default]
      max_cell
          the longest cell edge to look for; from neighbouring spots if not given [Å; float | None;
          default none; > 0]
      image_range
          first and last image taken of every sweep [tuple[int, int] | None; default none]
      max_reflections
          most spots of a sweep that are used, chosen at random [int; default 10000; >= 20]
      mm_search_scope
          how far from the present centre to look, in each round [mm; float; default 4.0; > 0]
      n_macro_cycles
          rounds, each from the centre that the last one found [int; default 1; >= 1]
      d_min
          leave out spots of higher resolution [Å; float | None; default none; > 0]
      seed
          of the random choice of spots [int; default 42; >= 0]
      max_images
          most images of a sweep that the mean image is made of, evenly spread [int; default 30; >=
          1]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def sequence_to_stills(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    max_scan_points: int | None = None,
    domain_size_ang: float | None = None,
    half_mosaicity_deg: float | None = None,
    context: Context | None = None,
) -> Result[SequenceToStillsSummary, None]:
    """Make each image of a scan a still of its own.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon sequence_to_stills` calls them):
      max_scan_points
          only so many images from the first on; all if not given [int | None; default none; >= 1]
      domain_size_ang  (output.domain_size_ang)
          size of mosaic domains, written with the crystals; theirs if not given [Å; float | None;
          default none; > 0]
      half_mosaicity_deg  (output.half_mosaicity_deg)
          half the mosaic angle, written with the crystals; theirs if not given [degree; float |
          None; default none; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def shadow_plot(
    experiments: Data | Experiments | None,
    *,
    max_images: int = 24,
    rim: int = 10,
    context: Context | None = None,
) -> Result[ShadowPlotSummary, None]:
    """Say how much of each image the goniometer hides, and whether it is dark there.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon shadow_plot` calls them):
      max_images
          at most so many images of a scan, spread evenly [image; int; default 24; >= 1]
      rim
          width of the strip outside the shadow that is looked at too [px; int; default 10; >= 1, <=
          1000]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def slice_sequence(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    image_range: Sequence[tuple[int, int]] = (),
    block_size: float | None = None,
    context: Context | None = None,
) -> Result[SliceSequenceSummary, None]:
    """Keep some images of a scan, or cut it into blocks.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon slice_sequence` calls them):
      image_range
          first and last image, both kept; one range for all experiments, or one for each in their
          order [tuple[tuple[int, int], ...]; default ()]
      block_size
          cut each scan into equal blocks of about this width, in place of image_range [degree;
          float | None; default none; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def split_experiments(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    by_detector: bool = False,
    by_wavelength: bool = False,
    chunk_size: int | None = None,
    chunk_sizes: Sequence[int] | None = None,
    context: Context | None = None,
) -> list[Result[SplitExperimentsSummary, None]]:
    """Write each experiment, or group of them, to files of its own.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon split_experiments` calls them):
      by_detector
          a part for each detector [bool; default False]
      by_wavelength
          a part for each wavelength, from short to long, alike to 1e-4 of it [bool; default False]
      chunk_size  (output.chunk_size)
          parts of at most this many experiments [int | None; default none; >= 1]
      chunk_sizes  (output.chunk_sizes)
          parts of these numbers of experiments, which add up to all [tuple[int, ...] | None;
          default none]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def split_still_data(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    series_repeat: int | None = None,
    grouping: str | None = None,
    first_image: int = 1,
    context: Context | None = None,
) -> list[Result[SplitStillDataSummary, None]]:
    """Part stills into groups: by their place in a series, or by values such as dose or delay.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon split_still_data` calls them):
      series_repeat
          images that were taken at each place one after the other: the first of each place make one
          group, the second of each another... [int | None; default none; >= 1]
      grouping
          YAML file that tells values of each image (a dose, a delay), and by which of them to group
          [str | None; default none]
      first_image
          number of the first image of a series, where images are files of their own [int; default
          1; >= 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def spot_counts_per_image(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    ice_width: float = 0.004,
    least_density: float = 0.2,
    min_spots: int = 10,
    context: Context | None = None,
) -> Result[SpotCountsPerImageSummary, None]:
    """Count the spots of each image, and say how far they reach.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon spot_counts_per_image` calls them):
      ice_width  (ice_rings.width)
          full width of a powder ring of ice, whose spots are left out [1/Å²; float; default 0.004;
          > 0]
      least_density
          the image ends where spots are thinner than this part of their mean density [float;
          default 0.2; > 0, < 1]
      min_spots
          fewer spots outside ice tell no resolution [int; default 10; >= 3]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def stereographic_projection(
    experiments: Data | Experiments | None,
    *,
    hkl: Sequence[Sequence[int]] = (),
    hkl_limit: int | None = None,
    expand_to_p1: bool = True,
    eliminate_sys_absent: bool = False,
    frame: Literal['laboratory', 'crystal'] = 'laboratory',
    phi_angle: float = 0.0,
    use_starting_angle: bool = False,
    plane_normal: tuple[int, int, int] | None = None,
    context: Context | None = None,
) -> Result[StereographicProjectionSummary, None]:
    """Draw where reciprocal directions of crystals point, as a stereographic projection.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon stereographic_projection` calls them):
      hkl
          reciprocal directions h,k,l to project (may be repeated) [tuple[tuple[int, ...], ...];
          default ()]
      hkl_limit
          project all directions of indices up to this one instead; each once, by its lowest indices
          [int | None; default none; >= 1, <= 20]
      expand_to_p1
          project the symmetry equivalents too [bool; default True]
      eliminate_sys_absent
          leave out indices that the space group makes absent [bool; default False]
      frame
          laboratory: seen along the beam, x to the right and y up; crystal: as the first crystal
          lies, plane_normal to the eye and its a* to the right [laboratory, crystal; default
          laboratory]
      phi_angle
          turn of the goniometer at which the crystals are seen [degree; float; default 0.0]
      use_starting_angle
          see each crystal at the start of its scan instead [bool; default False]
      plane_normal
          direction u,v,w of the real lattice in the middle of frame=crystal; c* if not given
          [tuple[int, int, int] | None; default none]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def two_theta_refine(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    filter_integrated_centroids: bool = True,
    partiality_threshold: float = 0.4,
    combine_crystal_models: bool = True,
    triclinic: bool = False,
    context: Context | None = None,
) -> Result[TwoThetaRefineSummary, None]:
    """Refine the cell against Bragg angles, with uncertainties, as small-molecule papers report it.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon two_theta_refine` calls them):
      filter_integrated_centroids  (refinement.filter_integrated_centroids)
          of integrated reflections take only those that are found as spots or have an intensity
          above 5 sigma [bool; default True]
      partiality_threshold  (refinement.partiality_threshold)
          leave out reflections of which less was recorded [float; default 0.4; >= 0, <= 1]
      combine_crystal_models  (refinement.combine_crystal_models)
          one cell for all experiments; else each has its own [bool; default True]
      triclinic  (refinement.triclinic)
          let the cell be free of its symmetry [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def unit_cell_histogram(
    experiments: Data | Experiments | None,
    *,
    steps_per_angstrom: float = 20.0,
    iqr_ratio: float | None = 1.5,
    threshold: float = 5000.0,
    linkage: Literal['single', 'complete', 'average', 'ward'] = 'single',
    context: Context | None = None,
) -> Result[UnitCellHistogramSummary, None]:
    """Draw histograms of the unit cells of many crystals, by cluster, and name those that stand apart.

    experiments: the data, or the result of another step.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon unit_cell_histogram` calls them):
      steps_per_angstrom
          bins in one Å, and in one degree [float; default 20.0; > 0, <= 10000]
      iqr_ratio
          a cell stands apart where an edge or angle is further beyond the quartiles than so many
          times their difference; none does where not given [float | None; default 1.5; >= 0]
      threshold
          distance of reduced cells at which clusters part [Å²; float; default 5000.0; >= 0]
      linkage
          how far apart clusters are: by their nearest members, furthest, the mean, or the growth of
          variance [single, complete, average, ward; default single]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def create_profile_model(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    n_sigma: float = 3.0,
    sigma_b: float | None = None,
    sigma_m: float | None = None,
    context: Context | None = None,
) -> Result[CreateProfileModelSummary, None]:
    """Measure how wide spots are, and write it into the experiments.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon create_profile_model` calls them):
      n_sigma  (profile.gaussian_rs.parameters.n_sigma)
          radius of the foreground [sigma; float; default 3.0; > 0]
      sigma_b  (profile.gaussian_rs.parameters.sigma_b)
          spot width; from the spots where none [degree; float | None; default none; > 0]
      sigma_m  (profile.gaussian_rs.parameters.sigma_m)
          rocking width; from the spots where none [degree; float | None; default none; > 0]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def refine_error_model(
    experiments: Data | Experiments | None,
    reflections: Reflections | None = None,
    *,
    a: float | None = None,
    b: float | None = None,
    min_intensity: float = 25.0,
    n_bins: int = 10,
    intensity_choice: Literal['profile', 'sum'] = 'profile',
    context: Context | None = None,
) -> Result[RefineErrorModelSummary, None]:
    """Fit the basic error model anew to scaled data.

    experiments, reflections: the data, or the result of another step in place of both.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon refine_error_model` calls them):
      a  (basic.a)
          factor of integrated sigmas, held where given [float | None; default none; > 0]
      b  (basic.b)
          error as a share of the intensity, held where given [float | None; default none; >= 0]
      min_intensity  (basic.min_Ih)
          reflections with a lower mean intensity do not take part [count; float; default 25.0; >=
          0]
      n_bins  (basic.n_bins)
          intensity ranges in which deviations are told [int; default 10; >= 1, <= 100]
      intensity_choice
          which integrated intensities are looked at [profile, sum; default profile]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def process_data(
    data: Data | Experiments | Paths,
    reflections: Reflections | None = None,
    *,
    many: bool | None = None,
    space_group: str | None = None,
    unit_cell: tuple[float, float, float, float, float, float] | None = None,
    reference: str | None = None,
    d_min: float | None = None,
    anomalous: bool = False,
    max_lattices: int | None = None,
    small_molecule: bool = False,
    composition: str = 'CHNO',
    steps: dict[str, dict[str, Any]] = {},
    restart: bool = False,
    context: Context | None = None,
) -> list[Outcome]:
    """All of it: images to merged intensities, deciding as an expert would.

    data: paths of images, experiments, or the result of a step; reflections: where experiments are given.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon process` calls them):
      many
          sweeps are of different crystals, to be compared and grouped; found from the data if not
          given [bool | None; default none]
      space_group
          the space group; found from the data if not given [str | None; default none]
      unit_cell
          a, b, c, alpha, beta, gamma; found from the data if not given [Å, degrees; tuple[float,
          float, float, float, float, float] | None; default none]
      reference
          merged MTZ, mmCIF or PDB file whose setting crystals are to have, where several are
          equivalent [str | None; default none]
      d_min
          resolution limit; chosen from CC1/2 if not given [Å; float | None; default none; > 0]
      anomalous
          keep Friedel mates apart when scaling [bool; default False]
      max_lattices
          look for up to this many lattices; one, of many crystals two where spots are left over
          [int | None; default none; >= 1]
      small_molecule
          a small molecule: glide planes and centres of symmetry are looked for, and .hkl and .ins
          for SHELX and a .p4p are written too [bool; default False]
      composition
          elements of a small molecule for its .ins: C3H7NO2S, or C H N O S [str; default CHNO]
      steps
          parameters of single steps go by their full names, scale.d_min=2 refine.scan_varying=false
          import.distance=200, and before what is decided here [dict[str, dict[str, typing.Any]];
          default {}]
      restart
          do everything again; else what an earlier run here made of the same data and parameters is
          taken [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

def process(
    data: Data | Experiments | Paths,
    reflections: Reflections | None = None,
    *,
    many: bool | None = None,
    space_group: str | None = None,
    unit_cell: tuple[float, float, float, float, float, float] | None = None,
    reference: str | None = None,
    d_min: float | None = None,
    anomalous: bool = False,
    max_lattices: int | None = None,
    small_molecule: bool = False,
    composition: str = 'CHNO',
    steps: dict[str, dict[str, Any]] = {},
    restart: bool = False,
    context: Context | None = None,
) -> list[Outcome]:
    """All of it: images to merged intensities, deciding as an expert would.

    data: paths of images, experiments, or the result of a step; reflections: where experiments are given.
    context: how many threads, which machines (gnomon.Context); it changes no bit of any result.

    parameters, by name (in brackets what `gnomon process` calls them):
      many
          sweeps are of different crystals, to be compared and grouped; found from the data if not
          given [bool | None; default none]
      space_group
          the space group; found from the data if not given [str | None; default none]
      unit_cell
          a, b, c, alpha, beta, gamma; found from the data if not given [Å, degrees; tuple[float,
          float, float, float, float, float] | None; default none]
      reference
          merged MTZ, mmCIF or PDB file whose setting crystals are to have, where several are
          equivalent [str | None; default none]
      d_min
          resolution limit; chosen from CC1/2 if not given [Å; float | None; default none; > 0]
      anomalous
          keep Friedel mates apart when scaling [bool; default False]
      max_lattices
          look for up to this many lattices; one, of many crystals two where spots are left over
          [int | None; default none; >= 1]
      small_molecule
          a small molecule: glide planes and centres of symmetry are looked for, and .hkl and .ins
          for SHELX and a .p4p are written too [bool; default False]
      composition
          elements of a small molecule for its .ins: C3H7NO2S, or C H N O S [str; default CHNO]
      steps
          parameters of single steps go by their full names, scale.d_min=2 refine.scan_varying=false
          import.distance=200, and before what is decided here [dict[str, dict[str, typing.Any]];
          default {}]
      restart
          do everything again; else what an earlier run here made of the same data and parameters is
          taken [bool; default False]

    Raises gnomon.InputError in one line: what was found, and what to do.
    """

