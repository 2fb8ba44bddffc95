"""What correlation_matrix found, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gnomon.report.clusters import memberships
from gnomon.report.table import text_table

_MOST_NAMES = 4
_MOST_DIFFERING = 5
_MORE = "(more of them are on the page)"


def describe(stats: Mapping[str, Any]) -> str:
    """Clusters and how sure they are, what went where, what was left out, and the reflections that differ most."""
    tried = "" if not stats["dimensions_tried"] else f" of {len(stats['dimensions_tried'])} tried"
    parts = [
        f"{stats['n_used']} of {stats['n_observations']} observations, to {stats['d_min']:.2f} Å, compare "
        f"{len(stats['names'])} data sets in {stats['space_group']}; coordinates of {stats['dimensions']} "
        f"dimensions{tried}; OPTICS alone sees {_seen(stats)}",
        _splits(stats),
        _clusters(stats),
        memberships(stats["names"], stats["clusters"]),
        _data_sets(stats),
        _outliers(stats["outliers"]),
        _differing(stats["differing"]),
        *stats["reasons"],
    ]
    return "\n\n".join(part for part in parts if part)


def _seen(stats: Mapping[str, Any]) -> str:
    labels = [int(x) for x in stats["optics_labels"]]
    kinds, lone = len({x for x in labels if x >= 0}), sum(x < 0 for x in labels)
    return f"{kinds} cluster{'s' * (kinds != 1)} and {lone} data sets in none"


def _splits(stats: Mapping[str, Any]) -> str:
    rows = [
        (
            f"{_short(stats['names'], s['a'])} | {_short(stats['names'], s['b'])}",
            s["shared"],
            f"{s['cc_within']:.3f}",
            f"{s['cc_between']:.3f}",
            _p(s["p_real"]),
            _p(s["p_gap"]),
            _p(s["level"]),
            "split" if s["significant"] else "one",
        )
        for s in stats["splits"]
    ]
    head = ("data sets", "reflections", "CC within", "between", "p(no difference)", "p(no gap)", "level", "")
    title = "Splits tested on reflections that did not make them: both probabilities must be below the level"
    return text_table(title, head, rows) if rows else ""


def _clusters(stats: Mapping[str, Any]) -> str:
    rows = [
        (
            c["name"],
            len(c["members"]),
            f"{c['completeness']:.1%}",
            f"{c['multiplicity']:.1f}",
            " ".join(f"{x:.2f}" for x in c["cell"]),
            "-" if c["p_value"] is None else _p(c["p_value"]),
        )
        for c in stats["clusters"]
    ]
    head = ("cluster", "data sets", "completeness", "multiplicity", "median cell (Å, degrees)", "p")
    return text_table("Clusters", head, rows) if rows else "No clusters"


def _data_sets(stats: Mapping[str, Any]) -> str:
    rows = [
        (stats["names"][m["data_set"]], f"cluster_{m['cluster']}", m["shared"], f"{m['cc']:.3f}")
        for m in stats["memberships"]
    ]
    head = ("data set", "cluster", "reflections shared", "CC with its rest")
    return text_table("Data sets", head, rows) if rows else ""


def _outliers(rows: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"in no cluster: {row['name']}: {row['reason']}" for row in rows)


def _differing(rows: Sequence[Mapping[str, Any]]) -> str:
    tables = []
    for pair in dict.fromkeys(tuple(r["pair"]) for r in rows):
        body = [
            (
                "{:3d} {:3d} {:3d}".format(*r["hkl"]),
                f"{r['d']:.2f}",
                *(float(r[name]) for name in ("i_a", "sigma_a", "i_b", "sigma_b")),
                f"{r['z']:+.1f}",
            )
            for r in [r for r in rows if tuple(r["pair"]) == pair][:_MOST_DIFFERING]
        ]
        a, b = pair
        head = ("h k l", "d", f"I in {a}", "sigma", f"I in {b}", "sigma", "z")
        tables.append(
            text_table(f"The {len(body)} reflections that differ most between cluster_{a} and cluster_{b}", head, body)
        )
    return "\n\n".join([*tables, *([_MORE] if tables else [])])


def _short(names: Sequence[str], members: Sequence[int]) -> str:
    shown = ", ".join(names[i] for i in members[:_MOST_NAMES])
    more = len(members) - _MOST_NAMES
    return f"{shown}, +{more}" if more > 0 else shown


def _p(value: float) -> str:
    return f"{value:.1e}" if value < 1e-3 else f"{value:.3f}"
