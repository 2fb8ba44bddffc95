"""A small script of a user, which a type checker reads strictly; it is not run."""

import gnomon

imported = gnomon.import_images("a_####.cbf", distance=250.0)
spots = gnomon.find_spots(imported, d_min=2.0, context=gnomon.Context(gnomon.Workers(2)))
indexed = gnomon.index(spots, space_group="P 4", unit_cell=(58.0, 58.0, 150.0, 90.0, 90.0, 90.0))
integrated = gnomon.integrate(gnomon.refine(indexed, crystal_fix=("cell",)))
scaled = gnomon.scale(gnomon.symmetry(integrated.experiments, integrated.reflections), d_min=1.5)
strong: gnomon.Reflections = spots.reflections[10:20]
first: gnomon.Experiments = scaled.experiments[:1]
merged = gnomon.merge(scaled)
gnomon.write_merged_mtz("merged.mtz", merged.product)
n_unique: int = len(merged.product)
for outcome in gnomon.process(["a_0001.cbf"], many=False):
    print(outcome.stage, outcome.decisions)
for plot in gnomon.plots(scaled):
    print(plot.title, plot.to_dict()["layout"])
print(gnomon.__version__, n_unique, strong, first, scaled.summary.decisions)
