"""Questions about the inside of a network: what the client asks, and how the answers travel.

The results are those of `fmnist.explain.results`. A page asks; the engine's process packs.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.engine.client import Engine
from fmnist.engine.frames import Answer, Arrays
from fmnist.explain.results import (
    Attribution,
    LayerMaps,
    LayerOnImage,
    NetworkOnImage,
    Patch,
    PatchSearch,
    ReceptiveField,
    Site,
)


def ask_network(engine: Engine, model_path: Path, image: np.ndarray) -> NetworkOnImage:
    """Every layer of a model on an image, uint8 (28, 28).

    Raises EngineError as `Engine.predict` does; so do the others.
    """
    header, arrays = engine.explain(model_path, image, "network")
    layers = tuple(
        _unpack_layer(row, arrays[f"maps_{number}"]) for number, row in enumerate(header["layers"])
    )
    return NetworkOnImage(layers, arrays["probabilities"], header["views"])


def ask_maps(engine: Engine, model_path: Path, image: np.ndarray, layer: str) -> LayerMaps:
    """All maps of one layer on an image, uint8 (28, 28), and its kernels."""
    _, arrays = engine.explain(model_path, image, "maps", layer=layer)
    return LayerMaps(arrays["maps"], arrays.get("kernels"))


def ask_attribution(engine: Engine, model_path: Path, image: np.ndarray) -> Attribution:
    """Which pixels of an image, uint8 (28, 28), speak for each class."""
    header, arrays = engine.explain(model_path, image, "attribution")
    return Attribution(
        tuple(Site(**site) for site in header["sites"]),
        arrays["cams"],
        arrays["occlusion"],
        arrays["probabilities"],
    )


def ask_patch(engine: Engine, model_path: Path, image: np.ndarray, target: int) -> PatchSearch:
    """The smallest square on an image, uint8 (28, 28), that makes the class `target` win."""
    header, arrays = engine.explain(model_path, image, "patch", target=target)
    patch = Patch(**header["patch"], probabilities=arrays["after"]) if header["patch"] else None
    return PatchSearch(patch, arrays["before"], header["tried"])


def pack_network(network: NetworkOnImage) -> Answer:
    header = {"layers": [_pack_layer(layer) for layer in network.layers], "views": network.views}
    maps = {f"maps_{number}": layer.maps for number, layer in enumerate(network.layers)}
    return header, {"probabilities": network.probabilities, **maps}


def pack_maps(layer: LayerMaps) -> Answer:
    arrays: Arrays = {"maps": layer.maps}
    return {}, arrays if layer.kernels is None else {**arrays, "kernels": layer.kernels}


def pack_attribution(attribution: Attribution) -> Answer:
    header = {"sites": [asdict(site) for site in attribution.sites]}
    return header, {
        "cams": attribution.cams,
        "occlusion": attribution.occlusion,
        "probabilities": attribution.probabilities,
    }


def pack_patch(search: PatchSearch) -> Answer:
    patch, square = search.patch, None
    arrays = {"before": search.before}
    if patch is not None:
        arrays["after"] = patch.probabilities
        square = {name: getattr(patch, name) for name in ("row", "column", "size", "grey")}
    return {"patch": square, "tried": search.tried}, arrays


def _pack_layer(layer: LayerOnImage) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "shape": layer.shape,
        "parameters": layer.parameters,
        "macs": layer.macs,
        "kernel": layer.kernel,
        "field": layer.field and asdict(layer.field),
        "channels": layer.channels,
    }


def _unpack_layer(row: dict[str, Any], maps: np.ndarray) -> LayerOnImage:
    field = row["field"]
    return LayerOnImage(
        name=row["name"],
        kind=row["kind"],
        shape=tuple(row["shape"]),
        parameters=row["parameters"],
        macs=row["macs"],
        kernel=tuple(row["kernel"]),
        field=ReceptiveField(**field) if field else None,
        maps=maps,
        channels=tuple(row["channels"]),
    )
