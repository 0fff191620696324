"""Child processes: each in its own group, logged to a file, on loopback, and always stopped."""

import ctypes
import os
import signal
import socket
import subprocess
import time

STOP_SECONDS = 8
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class StartError(Exception):
    """A process that ended, or did not listen, before its deadline."""


def free_port():
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def listening(port):
    """Whether something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(('127.0.0.1', port)) == 0


def wait_until(check, seconds, interval=0.05):
    """First truthy result of `check()`, or its last one when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result or time.monotonic() >= deadline:
            return result
        time.sleep(interval)


def _die_with_parent():
    # Covers a driver that is killed outright and never reaches its own clean-up.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Fleet:
    """The processes of one run. Leaving the `with` block stops them, last started first."""

    def __init__(self, logs):
        self.logs = logs
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for _, process in reversed(self.running[:]):
            self.stop(process)

    def start(self, name, command, environment=None, port=None, seconds=60):
        """Starts `command`, waits until it listens on `port`, returns the process."""
        process = self.spawn(name, command, environment)
        if port is not None:
            self.await_port(name, process, port, seconds)
        return process

    def spawn(self, name, command, environment=None):
        """Starts `command` with its output in `NAME.log` and does not wait."""
        with open(self.logs / f'{name}.log', 'ab') as log:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=self.logs, env=_environment(environment),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_die_with_parent)
        self.running.append((name, process))
        return process

    def await_port(self, name, process, port, seconds):
        """Raises StartError unless the process listens on `port` in time."""
        up = wait_until(lambda: process.poll() is not None or listening(port), seconds)
        if process.poll() is not None:
            raise StartError(f'{name} ended with status {process.returncode} before it listened on port '
                             f'{port}: {self.tail(name)}')
        if not up:
            raise StartError(f'{name} did not listen on port {port} within {seconds} s: {self.tail(name)}')

    def stop(self, process):
        """Ends one process: asks, waits up to STOP_SECONDS, then kills. Returns its exit status."""
        self.running = [entry for entry in self.running if entry[1] is not process]
        _signal_group(process, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        _signal_group(process, signal.SIGKILL)
        return process.wait()

    def tail(self, name):
        """The last words of a process, and where the rest is."""
        path = self.logs / f'{name}.log'
        lines = path.read_text(errors='replace').splitlines()[-5:]
        return ' | '.join(lines) + f' (log: {path})'


def _environment(extra):
    """The caller's environment without proxies, so that loopback stays loopback."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith('_proxy')}
    kept.update(extra or {})
    return kept


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
