"""Where things are: the repository's sources, the cache outside the tree, the run folder."""

import os
import shutil
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
APPS = HERE / 'apps'
REPOSITORY = HERE.parent.parent
SEGMENTS = REPOSITORY / 'cases' / 'segments'
RUNS_KEPT = 5


def cache():
    """Installed agents, built applications and run logs; safe to delete."""
    named = os.environ.get('SKYTRAIL_CACHE')
    base = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
    return (Path(named).absolute() if named else base / 'skytrail') / 'agents'


def new_run():
    """A fresh folder for one run's logs and data; the oldest runs beyond RUNS_KEPT are removed."""
    runs = cache() / 'runs'
    runs.mkdir(parents=True, exist_ok=True)
    earlier = sorted(entry for entry in runs.iterdir() if entry.is_dir())
    for stale in earlier[:-(RUNS_KEPT - 1)]:
        shutil.rmtree(stale, ignore_errors=True)
    run = runs / f'{time.strftime("%Y%m%d-%H%M%S")}-{os.getpid()}'
    run.mkdir()
    return run


def server_binary():
    """The server under test: `SKYTRAIL_BIN`, else the release build, else the debug build, else None."""
    named = os.environ.get('SKYTRAIL_BIN')
    if named:
        return Path(named)
    target = Path(os.environ.get('CARGO_TARGET_DIR') or REPOSITORY / 'target')
    for profile in ('release', 'debug'):
        binary = target / profile / 'skytrail'
        if binary.exists():
            return binary
    return None
