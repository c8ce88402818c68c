"""What a runner makes of a cluster's answers, with a cluster in this process that gives them."""

import json
import socket
import sys
import time
from types import SimpleNamespace

import pytest
import ray

from fmnist.config import ConfigError, TrainConfig
from fmnist.runs import queue, store
from fmnist.runs.trial_record import TrialRecord
from fmnist.sweeps import ray_cluster
from fmnist.sweeps.ray_cluster import MOST_LOST, RayRunner
from fmnist.sweeps.ray_connection import connect, split_address
from fmnist.sweeps.ray_node import Look
from tests.waits import wait_for


class Actor:
    """One that answers at once: its `look` with `answer`, which may be an error to raise."""

    def __init__(self, order):
        self.order = order
        self.answer = Look(time.time(), "lab-07", b"", {}, has_ended=False)
        self.files = {}
        self.is_stopped = False
        for name in ("look", "fetch", "stop", "dismiss"):
            setattr(self, name, SimpleNamespace(remote=getattr(self, f"_{name}")))

    def _look(self, sizes):
        return [self.answer]

    def _fetch(self):
        return [self.files]

    def _stop(self):
        self.is_stopped = True

    def _dismiss(self):
        return [None]


class MadeRay:
    """As much of Ray as a runner calls. References are lists of one thing: what it gives."""

    exceptions = ray.exceptions

    def __init__(self):
        self.actors, self.killed, self.sent = {}, [], 0
        self.is_reachable = True
        self.util = SimpleNamespace(
            list_named_actors=lambda all_namespaces: [
                {"name": name, "namespace": "fmnist-lab"} for name in self.actors
            ]
        )

    def remote(self, kind):
        def make(name, order):
            self.actors[name] = Actor(order)
            return self.actors[name]

        return SimpleNamespace(
            options=lambda **options: SimpleNamespace(
                remote=lambda order, files: make(options["name"], order)
            )
        )

    def get_actor(self, name, namespace):
        if not self.is_reachable:
            raise ConnectionError
        if name not in self.actors:
            raise ValueError(name)
        return self.actors[name]

    def put(self, value):
        self.sent += 1
        return [value]

    def wait(self, references, **options):
        return references, []

    def get(self, reference):
        (value,) = reference
        if isinstance(value, Exception):
            raise value
        return value

    def kill(self, actor):
        self.killed.append(actor)
        self.actors = {name: each for name, each in self.actors.items() if each is not actor}

    def nodes(self):
        big = {"CPU": 8.0, "memory": 5e9}
        return [
            {"Alive": True, "Resources": big},
            {"Alive": True, "Resources": {"CPU": 2.0, "memory": 64e9}},
            {"Alive": False, "Resources": big},
        ]

    def shutdown(self):
        """Nothing is held."""


@pytest.fixture
def made_ray(monkeypatch):
    made = MadeRay()

    def connect_to_it(address):
        if not made.is_reachable:
            raise ConfigError(f"No Ray cluster answers at {address}.")
        return made

    monkeypatch.setattr(ray_cluster, "connect", connect_to_it)
    return made


@pytest.fixture
def runner(lab, made_ray):
    return RayRunner("head:10001")


def create_run(seed=0, trial=0):
    record = TrialRecord("20260101-000000-sweep", trial, "ray://head:10001")
    return store.create_run(TrainConfig(epochs=3, seed=seed), sweep=record)


def status_of(run):
    return store.read_status(run.run_dir)


def say(now=None, **changes):
    """What a node says of a training that runs."""
    now = time.time() if now is None else now
    status = {"status": "running", "epoch": 1, "started_at": now - 60, "heartbeat_at": now}
    status |= {"pid": 4711, "pid_started_at": now - 60, "host": "lab-07", "queued_at": 1.0}
    return Look(now, "lab-07", json.dumps(status | changes).encode(), {}, has_ended=False)


def only(made_ray):
    (actor,) = made_ray.actors.values()
    return actor


def test_a_run_comes_back_whole_and_its_status_last(runner, made_ray):
    run = create_run()
    runner.start(run)
    actor = only(made_ray)
    assert actor.order.run_id == run.run_id
    assert json.loads(actor.order.files["config.json"])["epochs"] == 3
    row = b"epoch,loss\n0,1.5\n"
    actor.answer = say()._replace(parts={"history.csv": (0, row[:12]), "log.txt": (0, b"hi")})
    runner.look()
    runner.look()
    assert status_of(run).status == "running"
    assert status_of(run).host == "ray:lab-07"
    assert status_of(run).queued_at == run.status.queued_at, "as it was queued here"
    assert run.file("history.csv").read_bytes() == row[:12]
    actor.answer = say()._replace(parts={"history.csv": (12, row[12:])})
    runner.look()
    runner.look()
    assert run.file("history.csv").read_bytes() == row
    actor.files = {"model.keras": b"model", "tensorboard/a": b"b", "../../outside.txt": b"no"}
    actor.answer = say(status="completed", finished_at=time.time())._replace(has_ended=True)
    runner.look()
    assert status_of(run).status == "running", "its files are still to come"
    runner.look()
    runner.look()
    assert status_of(run).status == "completed"
    assert run.file("model.keras").read_bytes() == b"model"
    assert run.file("tensorboard/a").read_bytes() == b"b"
    assert not list(run.run_dir.parent.parent.rglob("outside.txt"))
    assert made_ray.killed == [actor]


def test_results_that_did_not_come_are_asked_for_again(runner, made_ray):
    run = create_run()
    runner.start(run)
    actor = only(made_ray)
    actor.answer = say(status="completed", finished_at=time.time())._replace(has_ended=True)
    actor.files = ray.exceptions.ActorUnavailableError("for a moment", None)
    for _ in range(4):
        runner.look()
    assert status_of(run).status == "queued", "nothing has come yet"
    actor.files = {"model.keras": b"model"}
    for _ in range(4):
        runner.look()
    assert status_of(run).status == "completed"


def test_this_computers_variables_stay_here(runner, made_ray):
    record = TrialRecord("20260101-000000-sweep", 0, "ray://head:10001")
    variables = {"FMNIST_CACHE_DIR": "/here", "TF_ENABLE_ONEDNN_OPTS": "1", "CUDA_SECRET": "x"}
    run = store.create_run(TrainConfig(), variables, sweep=record)
    runner.start(run)
    order = only(made_ray).order
    assert order.variables == {"TF_ENABLE_ONEDNN_OPTS": "1"}
    assert sorted(order.files) == ["config.json", "status.json"]


def test_what_is_trained_elsewhere_takes_no_place_here_and_is_not_taken_for_dead(runner, made_ray):
    run = create_run()
    runner.start(run)
    only(made_ray).answer = say()
    runner.look()
    runner.look()
    waiting = queue.Queue(run.run_dir.parent).look()
    assert (waiting.running, waiting.waiting) == ([], [])
    store.write_status(run.run_dir, heartbeat_at=time.time() - 600)  # its driver is away
    assert store.reconcile_run(run.run_dir).is_live
    store.write_status(run.run_dir, heartbeat_at=time.time() - 100_000)
    assert store.reconcile_run(run.run_dir).status.status == "failed"


def test_a_node_whose_clock_is_an_hour_ahead_is_believed(runner, made_ray):
    run = create_run()
    runner.start(run)
    only(made_ray).answer = say(time.time() + 3600)
    runner.look()
    runner.look()
    assert abs(status_of(run).heartbeat_at - time.time()) < 30
    assert 30 < time.time() - status_of(run).started_at < 90


def test_times_do_not_move_when_an_answer_is_late(runner, made_ray):
    run = create_run()
    runner.start(run)
    actor = only(made_ray)
    said = say(time.time() - 20)
    for now in (said.now, said.now + 5, said.now + 40):
        actor.answer = said._replace(now=now)
        runner.look()
        runner.look()
        assert status_of(run).started_at == said.now - 60


def test_a_lost_node_is_replaced_and_too_many_are_told(runner, made_ray):
    run = create_run()
    runner.start(run)
    for lost in range(1, MOST_LOST + 1):
        actor = only(made_ray)
        actor.answer = say()._replace(parts={"history.csv": (0, b"epoch\n0\n")})
        wait_for(lambda: (runner.look(), status_of(run).status == "running")[1], "its training")
        actor.answer = ray.exceptions.ActorDiedError()
        wait_for(lambda: (runner.look(), status_of(run).status != "running")[1], "its loss")
        if lost < MOST_LOST:
            assert status_of(run).status == "queued"
            assert status_of(run).message == "lab-07 was lost: it begins again on another node."
            assert status_of(run).pid is None
            assert not run.file("history.csv").exists()
            assert only(made_ray) is not actor
    assert status_of(run).status == "failed"
    assert status_of(run).message == "lab-07 was lost, after 2 others: it is not tried again."
    assert made_ray.actors == {}
    assert made_ray.sent == 1, "the dataset"


def test_a_driver_that_comes_back_finds_what_trains(runner, made_ray):
    run, other, ended = create_run(0), create_run(1), create_run(2)
    for each in (run, other, ended):
        runner.start(each)
    actors = dict(made_ray.actors)
    for actor in actors.values():
        actor.answer = say()
    runner.look()
    runner.look()
    store.write_status(ended.run_dir, status="completed")  # killed before it could say so
    made_ray.kill(next(a for a in actors.values() if a.order.run_id == other.run_id))  # lost since
    again = RayRunner("head:10001")
    for each in (run, other):
        again.start(store.read_run(each.run_dir))
    again.look()
    kept = [name for name, actor in made_ray.actors.items() if actor is actors.get(name)]
    assert [name.rpartition(".")[0] for name in kept] == [run.run_id]
    assert len(made_ray.actors) == 2, "the lost one is begun anew, the one that ended is let go"
    assert status_of(other).message.startswith("The cluster knows nothing of it")


def test_stop_reaches_the_node_and_cancels_what_waits(runner, made_ray):
    training, waiting = create_run(0), create_run(1)
    runner.start(training)
    actor = only(made_ray)
    actor.answer = say()
    runner.look()
    runner.look()
    runner.start(waiting)
    for run in (training, waiting):
        runner.stop(run)
    runner.look()
    assert actor.is_stopped
    assert status_of(training).status == "running"
    assert status_of(waiting).status == "stopped"
    assert list(made_ray.actors.values()) == [actor]


def test_a_run_that_was_cancelled_on_the_page_is_let_go(runner, made_ray):
    run = create_run()
    runner.start(run)
    queue.cancel(run.run_dir)
    runner.look()
    assert made_ray.actors == {}
    assert status_of(run).status == "stopped"


def test_a_node_without_the_requirements_fails_the_run_in_a_sentence(runner, made_ray):
    run = create_run()
    runner.start(run)
    only(made_ray).answer = say()._replace(problem="lab-07 has no keras.", has_ended=True)
    runner.look()
    runner.look()
    assert status_of(run).status == "failed"
    assert status_of(run).message == "lab-07 has no keras."


def test_a_head_that_comes_back_is_found_and_one_that_does_not_is_given_up(
    runner, made_ray, monkeypatch
):
    monkeypatch.setattr(ray_cluster, "_CONNECT_AGAIN_EVERY", 0.0)
    run = create_run()
    made_ray.is_reachable = False
    runner.start(run)
    runner.look()
    made_ray.is_reachable = True
    runner.look()
    assert only(made_ray).order.run_id == run.run_id
    made_ray.is_reachable = False
    runner.start(run)
    monkeypatch.setattr(ray_cluster, "_CONNECTED_WITHIN", 0.0)
    with pytest.raises(ConfigError, match="No Ray cluster answers"):
        runner.look()


def test_the_capacity_counts_cores_and_memory_of_nodes_that_live(runner, monkeypatch):
    assert runner.capacity() == 5 + 2
    monkeypatch.setenv("FMNIST_RAY_CPUS", "2")
    assert RayRunner("head:10001").capacity() == 4 + 1
    monkeypatch.setenv("FMNIST_RAY_TRIALS", "40")
    assert RayRunner("head:10001").capacity() == 40, "a cluster that grows"
    monkeypatch.setenv("FMNIST_RAY_CPUS", "all")
    with pytest.raises(ConfigError, match="FMNIST_RAY_CPUS is a number from 1 to 1000, not 'all'"):
        RayRunner("head:10001")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("ray://head.lab:10001", ("head.lab", 10001)),
        ("10.0.0.5:9000", ("10.0.0.5", 9000)),
        ("head", ("head", 10001)),
        ("ray://[fd00::5]:10001", ("fd00::5", 10001)),
    ],
)
def test_addresses(address, parts):
    assert split_address(address) == parts


@pytest.mark.parametrize("address", ["", "ray://", "http://head:10001", "head:port", "head:99999"])
def test_no_addresses(address):
    with pytest.raises(ConfigError, match="is no address of a Ray cluster"):
        split_address(address)


def test_without_ray_or_a_cluster_there_is_a_sentence(monkeypatch):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listened to
        with pytest.raises(ConfigError, match="No Ray cluster answers at 127.0.0.1:.* start one"):
            connect(f"127.0.0.1:{nobody.getsockname()[1]}")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"Ray is not installed here: pip install 'ray\[client\]"):
        connect("127.0.0.1:10001")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RuntimeError("Python minor versions differ between client and server"), "another version"),
        (ConnectionError("ray client connection timeout"), "is no Ray cluster that takes programs"),
        (RuntimeError("no\nroom"), "refused the connection. Ray says: no room"),
    ],
)
def test_a_cluster_that_refuses_is_explained_in_a_sentence(monkeypatch, error, sentence):
    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr(ray, "init", refuse)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(ConfigError, match=sentence):
            connect(f"ray://127.0.0.1:{port}")
