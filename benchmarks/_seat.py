"""One of many people at a server: a browser tab without the browser, and what it gets to see."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import time

from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks._lab import FINISHED
from fmnist.figures.live import LIVE
from fmnist.runs.store import Run

CANVAS = 336  # pixels
PATIENCE = 300.0  # seconds
NEVER = 60.0  # what a row counts that never came
_STROKES = 6  # of a drawing, then the next one begins


class Seat:
    """A session. `frames` are the charts of the live accuracy: when each came, and its table."""

    def __init__(self, port: int, role: str) -> None:
        self.role = role
        self.frames: list[tuple[float, bytes]] = []
        self.session_id = ""
        self.sent = self.got = 0  # messages
        self._url = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._where: dict[str, str] = {}
        self._due: dict[str, tuple[float, asyncio.Task[None]]] = {}  # interval, ticks of a part
        self._finished = asyncio.Event()
        self._answered = asyncio.Event()
        self._answer = ""
        self._canvas: tuple[str, str] = ("", "")  # widget, and the part of the page it is in
        self._drawing: list[dict[str, object]] = []

    @property
    def intervals(self) -> list[float]:
        """Seconds between two looks at each live part of the page."""
        return [interval for interval, _ in self._due.values()]

    async def connect(self) -> None:
        protocols = ["streamlit", "none", *filter(None, [self.session_id])]
        self._socket: ClientConnection = await connect(
            self._url,
            subprotocols=protocols,
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
        )
        self._listening = asyncio.create_task(self._listen())

    async def open(self, page: str, query: str = "") -> float:
        """Another page; seconds until its script has finished."""
        self._forget_ticks()
        self._answer = ""
        self._where = {"page_name": page, "query_string": query}
        self._finished.clear()
        started = time.perf_counter()
        await self._send(**self._where)
        await asyncio.wait_for(self._finished.wait(), PATIENCE)
        self._where = {"page_script_hash": self._page, "query_string": query}
        return time.perf_counter() - started

    async def stroke(self) -> float:
        """Draw one more; seconds until the prediction came."""
        if len(self._drawing) >= _STROKES:
            self._drawing = []
        self._drawing.append(_draw_stroke())
        self._answered.clear()
        self._finished.clear()
        started = time.perf_counter()
        await self._send(**self._where, fragment_id=self._canvas[1], drawing=self._drawing)
        await asyncio.wait_for(self._answered.wait(), PATIENCE)
        took = time.perf_counter() - started
        await asyncio.wait_for(self._finished.wait(), PATIENCE)
        return took

    async def calm(self) -> None:
        """No more ticks, and what was asked for has come."""
        self._forget_ticks()
        await asyncio.sleep(1)
        await asyncio.wait_for(self._finished.wait(), PATIENCE)

    def cut(self) -> None:
        """As a network that fails."""
        self._socket.transport.abort()
        self._listening.cancel()

    async def come_back(self) -> bool:
        """Connect, and have the whole page again; whether it is as it was."""
        session, answer, self._answer = self.session_id, self._answer, ""
        await self.connect()
        self._finished.clear()
        await self._send(**self._where, drawing=self._drawing)
        await asyncio.wait_for(self._finished.wait(), PATIENCE)
        return (session, answer) == (self.session_id, self._answer)

    async def close(self) -> None:
        self._forget_ticks()
        self._listening.cancel()
        await self._socket.close()

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for frame in self._socket:
                self.got += 1
                self._take(ForwardMsg.FromString(frame))

    def _take(self, received: ForwardMsg) -> None:
        kind = received.WhichOneof("type")
        if kind == "delta":
            if received.delta.WhichOneof("type") == "new_element":
                self._see(received.delta)
        elif kind == "new_session":
            self.session_id = received.new_session.initialize.session_id
            if not received.metadata.run.fragment_ids:
                self._forget_ticks()
        elif kind == "navigation":
            self._page = received.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._tick(received.auto_rerun.fragment_id, received.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for part in received.stop_auto_rerun.fragment_ids:
                self._stop_ticking(part)
        elif kind == "script_finished" and received.script_finished in (
            FINISHED,
            ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
        ):
            self._finished.set()

    def _see(self, delta: object) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "vega_lite_chart" and element.vega_lite_chart.datasets:
            self.frames.append((time.time(), element.vega_lite_chart.datasets[0].data.data))
        elif kind == "vega_lite_chart":
            self.frames.append((time.time(), element.vega_lite_chart.data.data))
        elif kind == "html" and 'class="prediction"' in element.html.body:
            self._answer = element.html.body.partition("<ol")[2]
            if "It took" in element.html.body:  # not what is shown until there is one
                self._answered.set()
        elif kind == "bidi_component" and "drawable" in element.bidi_component.component_name:
            sent = json.loads(element.bidi_component.json)
            self._canvas = (element.bidi_component.id, delta.fragment_id)
            self._marker = sent["initialDrawing"]["objects"][0]  # says which version it holds

    def _tick(self, part: str, interval: float) -> None:
        """As the front end does it: another interval begins anew, the same one goes on."""
        if part in self._due and self._due[part][0] == interval:
            return
        self._stop_ticking(part)
        self._due[part] = interval, asyncio.create_task(self._ask_every(part, interval))

    async def _ask_every(self, part: str, interval: float) -> None:
        due = time.perf_counter()
        with contextlib.suppress(ConnectionClosed):
            while True:
                due += interval
                await asyncio.sleep(due - time.perf_counter())
                where = {"page_script_hash": self._page, "query_string": self._query}
                await self._send(**where, fragment_id=part, is_auto_rerun=True)

    @property
    def _query(self) -> str:
        return self._where.get("query_string", "")

    def _stop_ticking(self, part: str) -> None:
        if part in self._due:
            self._due.pop(part)[1].cancel()

    def _forget_ticks(self) -> None:
        for part in list(self._due):
            self._stop_ticking(part)

    async def _send(self, drawing: list[dict[str, object]] | None = None, **rerun: object) -> None:
        message = BackMsg()
        for name, value in rerun.items():
            setattr(message.rerun_script, name, value)
        if drawing:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._canvas[0]
            raw = {"objects": [self._marker, *drawing], "background": "#000000"}
            state.json_value = json.dumps({"drawing": {"raw": raw, "data": None}})
        self.sent += 1
        await self._socket.send(message.SerializeToString())


def _draw_stroke() -> dict[str, object]:
    """As the canvas tells of a hand's: a path of short curves."""
    x, y = random.uniform(60, 270), random.uniform(60, 270)
    path: list[list[object]] = [["M", x, y]]
    for _ in range(20):
        x, y = (min(max(at + random.gauss(0, 9), 5), CANVAS - 5) for at in (x, y))
        path.append(["Q", x, y, x + 2, y + 2])
    xs, ys = ([point[i] for point in path] for i in (1, 2))
    return {
        "type": "Path", "originX": "center", "originY": "center", "path": path, "fill": None,
        "left": (min(xs) + max(xs)) / 2, "top": (min(ys) + max(ys)) / 2, "scaleX": 1, "scaleY": 1,
        "angle": 0, "skewX": 0, "skewY": 0, "flipX": False, "flipY": False,
        "stroke": "#ffffff", "strokeWidth": 13,
    }  # fmt: skip


class Rows:
    """The rows of `batches.csv` as they are written: when, at which epoch, and how fast."""

    def __init__(self, run: Run) -> None:
        self._path = run.file("batches.csv")
        self._steps_per_epoch = run.status.steps_per_epoch
        self.written: list[tuple[float, float, float]] = []

    async def follow(self) -> None:
        with self._path.open() as file:
            file.seek(0, io.SEEK_END)
            rest = ""
            while True:
                await asyncio.sleep(0.01)
                rest += file.read()
                *lines, rest = rest.split("\n")
                for line in lines:
                    step, _, _, _, speed = map(float, line.split(","))
                    self.written.append(
                        (self._path.stat().st_mtime, step / self._steps_per_epoch, speed)
                    )

    async def speed_for(self, seconds: float) -> float:
        """Mean images per second from now on for so long."""
        first = len(self.written)
        await asyncio.sleep(seconds)
        speeds = [speed for _, _, speed in self.written[first:]]
        return sum(speeds) / max(len(speeds), 1)

    def delays(self, frames: list[tuple[float, bytes]], began: float, ended: float) -> list[float]:
        """For each row written between two times: seconds until a chart with it came.

        One that never came counts as `NEVER`.
        """
        reached = []
        for moment, data in frames:
            table = convert_arrow_bytes_to_pandas_df(data)
            epochs = table["epoch"][table["line"] == LIVE]
            if len(epochs):
                reached.append((moment, epochs.max()))
        found = []
        for moment, epoch, _ in self.written:
            if began <= moment <= ended:
                seen = (when for when, x in reached if x >= epoch - 1e-3)
                found.append(next(seen, moment + NEVER) - moment)
        return found
