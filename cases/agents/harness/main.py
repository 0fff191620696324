"""Runs the suites against a server and prints one line for each."""

import os
import signal
import sys

from . import apps, install, layout, suites
from .graphql import Api
from .processes import Fleet, StartError
from .server import Server

SHUTDOWN = 'shutdown'


class Report:
    """Counts and prints results; with `CI=true` a skip is a failure."""

    def __init__(self):
        self.counts = {'passed': 0, 'failed': 0, 'skipped': 0}
        self.strict = os.environ.get('CI') == 'true'

    def add(self, name, result, reason=''):
        """One line; `result` is passed, failed or skipped."""
        if result == 'skipped' and self.strict:
            result, reason = 'failed', f'a skip is a failure with CI=true: {reason}'
        self.counts[result] += 1
        print(f'suite {name}: {result}' + (f' ({reason})' if reason else ''), flush=True)

    def finish(self):
        """Prints the sums; returns the exit status."""
        print(', '.join(f'{count} {result}' for result, count in self.counts.items()), flush=True)
        return 1 if self.counts['failed'] else 0


def main():
    """Exit status: 0 when nothing failed, 1 otherwise."""
    # Leaves through the clean-up, as an interrupt does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    binary = layout.server_binary()
    if binary is None or not os.access(binary, os.X_OK):
        print('no server to test: build it (cargo build --release) or name it with SKYTRAIL_BIN',
              file=sys.stderr)
        return 1
    report = Report()
    try:
        folders, absent = apps.install_all()
        if not folders:
            for name, _, _ in suites.SUITES:
                report.add(name, 'skipped', '; '.join(f'{agent}: {why}' for agent, why in absent.items()))
            return report.finish()
        _run(binary, folders, absent, report)
    except (install.InstallError, StartError) as error:
        report.add('start', 'failed', str(error))
    return report.finish()


def _run(binary, folders, absent, report):
    run = layout.new_run()
    print(f'logs in {run}', flush=True)
    with Fleet(run) as fleet:
        server = Server(fleet, binary)
        shop = apps.Shop(fleet, server.grpc, folders)
        shop.start()
        world = suites.World(Api(server.rest), shop)
        for name, needs, check in suites.SUITES:
            missing = [f'{agent}: {absent[agent]}' for agent in needs if agent in absent]
            if missing:
                report.add(name, 'skipped', '; '.join(missing))
                continue
            report.add(name, *_outcome(check, world))
        status = fleet.stop(server.process)
        report.add(SHUTDOWN, 'passed' if status == 0 else 'failed',
                   '' if status == 0 else f'exit status {status}')


def _outcome(check, world):
    """Result and reason of one suite; the others run whatever this one meets."""
    try:
        check(world)
    except suites.FAILURES as failure:
        return 'failed', str(failure)
    except Exception as unexpected:
        return 'failed', f'{type(unexpected).__name__}: {unexpected}'
    return 'passed', ''
