"""What the canvas sends of objects that were put on it, as Fabric.js 7.4 adds to them."""

import json
from typing import Any


def as_sent(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """The canvas's message; a path lies where its points are, neither scaled nor turned."""
    return {"version": "7.4.0", "objects": [_add_place(item) for item in objects]}


def _add_place(item: dict[str, Any]) -> dict[str, Any]:
    item = json.loads(json.dumps(item))
    if item["type"] != "Path":
        return item
    across, down = ([command[i] for command in item["path"]] for i in (1, 2))
    return item | {
        "originX": "center",
        "originY": "center",
        "left": (min(across) + max(across)) / 2,
        "top": (min(down) + max(down)) / 2,
        **dict.fromkeys(("scaleX", "scaleY"), 1),
        **dict.fromkeys(("angle", "skewX", "skewY"), 0),
        **dict.fromkeys(("flipX", "flipY"), False),
    }
