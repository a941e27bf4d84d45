"""Shares of documents and their metadata come in; a map of documents, groups and topics goes out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import fdtri

from discourse.compare._distances import scale_profiles
from discourse.compare.groups import Units, gather_units, rescale_shares
from discourse.contracts import check

# coordinates are rounded: the last bits of an eigenvector hang on the machine
_DECIMALS = 9


def ordinate_profiles(
    shares: pd.DataFrame,
    documents: pd.DataFrame,
    *,
    by: str,
    cluster: str | None = None,
    min_ellipse: int = 5,
) -> pd.DataFrame:
    """Map of profiles in two dimensions: every unit is a point, so that a group is seen with its spread.

    Parameters
    ----------
    shares
        One row a document, one column a topic, rows sum to 1.
    documents
        Metadata, joined by ``doc_id``.
    by
        Column of `documents` that names the groups, or a crossing of two.
    cluster
        Column whose values are the units; without it the document is the unit.
    min_ellipse
        Groups with at least so many units get an ellipse.

    Returns
    -------
    DataFrame
        `ordination`: one row per unit (kind ``"document"``), group (``"group"``, the mean of its units) and
        topic (``"topic"``, name ``topic_0`` ...).

        - axis_1, axis_2: coordinates. Distances between units are chi-square distances between their profiles
          as far as two axes show them; explained_1, explained_2: the share of all variation on either axis.
          Topics point to where they are talked of most.
        - ellipse_major, ellipse_minor: half axes of the 95 % confidence ellipse of a group's mean,
          ellipse_angle: of the major one, in radians; NA where a group has too few units.

    Raises
    ------
    SettingError
        A column does not exist.
    DataError
        No document has a group, or the group varies inside a unit.

    Notes
    -----
    With units of equal weight this is correspondence analysis: principal components of the profiles divided
    by the root of the mean share, the same scale on which `compare_profiles` tests.
    Reference: Greenacre (2017), Correspondence analysis in practice.
    """
    units = gather_units(rescale_shares(shares), documents, by=by, cluster=cluster)
    scaled = scale_profiles(units.shares)
    axes, explained = _principal_axes(scaled - scaled.mean(axis=0))
    points = (scaled - scaled.mean(axis=0)) @ axes
    rows = [_unit_rows(units, points), _group_rows(units, points, min_ellipse), _topic_rows(units, axes)]
    table = pd.concat(rows, ignore_index=True)
    numbers = ["axis_1", "axis_2", "ellipse_major", "ellipse_minor", "ellipse_angle"]
    table[numbers] = table[numbers].round(_DECIMALS) + 0.0  # no negative zeros
    table["explained_1"], table["explained_2"] = np.round(explained, _DECIMALS)
    table.insert(0, "factor", by)
    return check(table.astype({name: "str" for name in ("factor", "kind", "name", "group")}), "ordination")


def _principal_axes(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two axes (n_topics, 2) and their shares of the variation; each points to its largest loading."""
    values, vectors = np.linalg.eigh(centred.T @ centred)
    n_topics = len(values)
    axes, explained = np.zeros((n_topics, 2)), np.zeros(2)
    total = float(values.clip(0.0).sum())
    for axis in range(min(2, n_topics)):
        value, vector = values[-1 - axis], vectors[:, -1 - axis]
        if total > 0 and value > 1e-12 * total:
            # loadings that differ in their last bits only must not decide the sign
            largest = int(np.argmax(np.round(np.abs(vector), _DECIMALS)))
            axes[:, axis] = vector * np.sign(vector[largest])
            explained[axis] = value / total
    return axes, explained


def _unit_rows(units: Units, points: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": "document",
            "name": units.table["unit"].to_numpy(),
            "group": units.table["group"].to_numpy(),
            "axis_1": points[:, 0],
            "axis_2": points[:, 1],
            "n_units": 1,
            "ellipse_major": np.nan,
            "ellipse_minor": np.nan,
            "ellipse_angle": np.nan,
        }
    )


def _group_rows(units: Units, points: np.ndarray, min_ellipse: int) -> pd.DataFrame:
    rows = []
    for group in units.order:
        inside = points[units.members(group)]
        major, minor, angle = _ellipse(inside) if len(inside) >= max(min_ellipse, 3) else (np.nan,) * 3
        axis_1, axis_2 = inside.mean(axis=0)
        rows.append(
            {
                "kind": "group",
                "name": group,
                "group": group,
                "axis_1": axis_1,
                "axis_2": axis_2,
                "n_units": len(inside),
                "ellipse_major": major,
                "ellipse_minor": minor,
                "ellipse_angle": angle,
            }
        )
    return pd.DataFrame(rows)


def _ellipse(points: np.ndarray) -> tuple[float, float, float]:
    """Half axes and angle of the 95 % confidence ellipse of the mean of points (n_units, 2): Hotelling's T2."""
    n_units = len(points)
    scatter = np.cov(points.T) / n_units
    radius = 2.0 * (n_units - 1) / (n_units - 2) * fdtri(2, n_units - 2, 0.95)
    difference, crossed = scatter[0, 0] - scatter[1, 1], 2.0 * scatter[0, 1]
    spread, trace = float(np.hypot(difference, crossed)), float(np.trace(scatter))
    major, minor = np.sqrt(radius * (trace + spread) / 2), np.sqrt(radius * max(trace - spread, 0.0) / 2)
    return float(major), float(minor), float(np.arctan2(crossed, difference) / 2.0)


def _topic_rows(units: Units, axes: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": "topic",
            "name": [f"topic_{topic}" for topic in units.topics],
            "group": None,
            "axis_1": axes[:, 0],
            "axis_2": axes[:, 1],
            "n_units": len(units.table),
            "ellipse_major": np.nan,
            "ellipse_minor": np.nan,
            "ellipse_angle": np.nan,
        }
    )
