"""A client that speaks the server's socket and sends what no browser would."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

_PATIENCE = 240.0  # seconds; on cores that others use as well
_FINISHED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
MILLION = 1_000_000


class Client:
    """One session. `widgets`: kind by id, as drawn last; `errors`: exceptions shown, with where."""

    def __init__(self, port: int) -> None:
        self._stack = contextlib.ExitStack()
        self._socket = self._stack.enter_context(
            connect(
                f"ws://127.0.0.1:{port}/_stcore/stream",
                subprotocols=["streamlit"],
                origin=f"http://127.0.0.1:{port}",
                max_size=None,
                ping_interval=None,  # a busy server answers late
                open_timeout=_PATIENCE,
            )
        )
        self._page = ""
        self.widgets: dict[str, str] = {}
        self.names: dict[str, str] = {}  # of the Lab's own components, by id
        self.errors: list[str] = []

    def open(self, page: str, query: str = "") -> None:
        """Ask for a page, and wait until it is drawn."""
        self._query = query
        self._send([], page_name=page)

    def send(self, states: list[WidgetState]) -> None:
        """Say that widgets have these states, and wait until the page is drawn."""
        self._send(states, page_script_hash=self._page)

    def _send(self, states: list[WidgetState], **rerun: str) -> None:
        self.widgets, self.errors = {}, []
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.widget_states.widgets.extend(states)
        for name, value in rerun.items():
            setattr(message.rerun_script, name, value)
        self._socket.send(message.SerializeToString())
        while True:
            received = ForwardMsg()
            received.ParseFromString(self._socket.recv(timeout=_PATIENCE))
            kind = received.WhichOneof("type")
            if kind == "new_session":
                self._page = received.new_session.page_script_hash
            elif kind == "delta" and received.delta.WhichOneof("type") == "new_element":
                self._take(received.delta.new_element)
            elif kind == "script_finished" and received.script_finished in _FINISHED:
                return

    def _take(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        inner = getattr(element, kind)
        if kind == "exception":
            self.errors.append("\n".join([*inner.stack_trace, f"{inner.type}: {inner.message}"]))
        elif kind == "bidi_component":
            self.names[inner.id] = inner.component_name
            self.widgets[inner.id] = kind
        elif getattr(inner, "id", ""):
            self.widgets[inner.id] = kind

    def close(self) -> None:
        self._stack.close()


def _numbers(*values: float) -> dict[str, Any]:
    return {"double_array_value": list(values)}


_NAN, _HUGE = float("nan"), float("inf")
_WORDS = "no such option"
_CHOSEN = {"selection": {"rows": [10**9], "columns": [_WORDS], "points": [{"point_index": -7}]}}
_CELL = {"selection": {"points": [{"customdata": [10**9, _NAN]}], "box": [], "lasso": []}}
# Of each kind of widget, what its state is forged to be, one after the other.
_FORGED: dict[str, list[Any]] = {
    "slider": [_numbers(_NAN, _NAN), _numbers(_HUGE), _numbers(-1e300)],
    "number_input": [{"double_value": _NAN}, {"int_value": 2**62}, {"double_value": -1e300}],
    "selectbox": [{"string_value": _WORDS}, {"string_value": "\0"}],
    "multiselect": [{"string_array_value": [_WORDS] * 1000}],
    "button_group": [{"string_array_value": [_WORDS]}],
    "radio": [{"string_value": _WORDS}],
    "text_input": [{"string_value": "x" * MILLION}, {"string_value": "\0\u202e"}],
    "text_area": [{"string_value": "\n" * MILLION}],
    "arrow_data_frame": [{"string_value": json.dumps(_CHOSEN)}],
    "plotly_chart": [{"string_value": json.dumps(_CHOSEN)}, {"string_value": json.dumps(_CELL)}],
}  # fmt: skip
_STROKE = {"type": "path", "path": [["M", 1, 1], ["Q", 1e308, _NAN, "x", None], ["L", 5]]}
# Of a canvas, as its component sends it.
_FORGED["component_instance"] = [
    {"data": _WORDS, "width": 1e9, "height": -1, "raw": {"objects": [_STROKE | {"left": _NAN}]}},
    {"raw": {"objects": [{"type": 7}, None, _STROKE | {"strokeWidth": 1e308}]}}, _WORDS,
]  # fmt: skip
# Of the Lab's own components: values of whatever they answer with.
_FORGED["bidi_component"] = [
    _NAN, 10**30, [_NAN, -1], {"position": _NAN, "content": 7}, {"value": [[_NAN, {}]]},
    {"paint": "9" * 100_000, "content": ""}, {"selected": [None, 7], "shown": {"x": []}},
    {"seq": 1, "selected": [None, "../../etc"], "shown": [[7]], "opened": {}},
]  # fmt: skip
_EVENTS = (
    "clicked", "view", "painted", "picked", "lacks", "opened", "outlined", "over", "raw", "data",
)  # fmt: skip


def forged_states(widgets: dict[str, str]) -> Iterator[list[WidgetState]]:
    """States for all of these at once, until each has had all that it can be forged to be.

    Buttons are not pressed: what they do is what they are for.
    """
    known = {widget: kind for widget, kind in widgets.items() if kind in _FORGED}
    for number in range(max((len(_FORGED[kind]) for kind in known.values()), default=0)):
        yield [_forge(widget, kind, number) for widget, kind in known.items()]


def _forge(widget: str, kind: str, number: int) -> WidgetState:
    values = _FORGED[kind]
    value = values[number % len(values)]
    if kind == "component_instance":
        return _state(widget, {"json_value": json.dumps(value)})
    if kind == "bidi_component":
        return answer_of(widget, value)
    return _state(widget, value)


def answer_of(component: str, value: Any, *events: str) -> WidgetState:
    """An answer of one of the Lab's own components, to all events or to these."""
    answers = [{"event": event, "value": value} for event in events or _EVENTS]
    name = f"$$STREAMLIT_INTERNAL_KEY_{component}__events"
    return _state(name, {"json_trigger_value": json.dumps(answers)})


def _state(widget: str, value: dict[str, Any]) -> WidgetState:
    state = WidgetState(id=widget)
    ((field, content),) = value.items()
    if field.endswith("array_value"):
        getattr(state, field).data.extend(content)
        getattr(state, field).SetInParent()
    else:
        setattr(state, field, content)
    return state
