"""What a Lab is set to."""

import pytest

from fmnist import settings


def test_settings_survive_and_nonsense_is_one_training_at_a_time(lab):
    settings.write_parallel_trainings(3)
    assert settings.read_parallel_trainings() == 3
    for nonsense in ('{"parallel_trainings": 99}', '{"parallel_trainings": "2"}', "{", "[]"):
        (lab.runs_dir / "settings.json").write_text(nonsense)
        assert settings.read_parallel_trainings() == 1
    with pytest.raises(ValueError, match="1 to 4 trainings may run at once, not 0"):
        settings.write_parallel_trainings(0)
