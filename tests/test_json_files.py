"""JSON files that several threads write and read."""

import json
import threading

from fmnist import json_files


def test_two_threads_may_write_the_same_file_at_once(tmp_path):
    path = tmp_path / "status.json"
    json_files.write_json(path, {"writer": -1})
    broken = []

    def write(writer: int) -> None:
        for _ in range(200):
            try:
                json_files.write_json(path, {"writer": writer, "padding": "x" * 2000})
                json.loads(path.read_text())
            except (OSError, ValueError) as error:
                broken.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]
