"""A computer without a network and without data, as environment variables of one process."""

from pathlib import Path

_NOBODY = "http://127.0.0.1:9"  # the discard port: a connection is refused at once


def cut_off(home: Path) -> dict[str, str]:
    """Every request of the process goes to a proxy that is not there; `home` holds no dataset."""
    home.mkdir(parents=True, exist_ok=True)
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _NOBODY)
    return {
        **proxies,
        "no_proxy": "",
        "NO_PROXY": "",
        "HOME": str(home),
        "USERPROFILE": str(home),
        "FMNIST_DATA_DIR": "",
        "FMNIST_CACHE_DIR": str(home / "cache"),
        "FMNIST_DATASETS_DIR": str(home / "datasets"),
    }
