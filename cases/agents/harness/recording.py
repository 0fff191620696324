"""Records the seed corpus from the real agents; needs no server."""

import json
import signal
import subprocess
import sys
import time

from . import apps, install, layout, traffic
from .processes import Fleet, StartError, free_port, wait_until

QUIET_SECONDS = 3
LONGEST_SECONDS = 40
QUERIES = ('', 'slow=1', 'fail=1', 'note=%E7%A4%BC%E7%89%A9')


def main():
    """Exit status: 0 recorded, 1 failed, 2 an agent cannot be installed here."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        folders, absent = apps.install_all()
        if absent:
            for agent, reason in absent.items():
                print(f'{agent} is absent: {reason}', file=sys.stderr)
            return 2
        return _record(folders)
    except (install.InstallError, StartError) as error:
        print(error, file=sys.stderr)
        return 1


def _record(folders):
    run = layout.new_run()
    messages = run / 'messages'
    interpreter = folders['python'] / 'bin' / 'python'
    with Fleet(run) as fleet:
        port = free_port()
        fleet.start('sink', [interpreter, '-m', 'harness.sink', port, messages],
                    {'PYTHONPATH': str(layout.HERE)}, port)
        shop = apps.Shop(fleet, port, folders)
        shop.start()
        registered = sum(service.reports_instance for service in shop.services)
        wait_until(lambda: len(list(messages.glob('*reportInstanceProperties.bin'))) >= registered,
                   LONGEST_SECONDS)
        for query in QUERIES:
            traffic.call(shop.front, query)
        for service in shop.services[1:]:
            traffic.call(f'http://127.0.0.1:{shop.ports[service.agent]}{service.path}')
        _settle(messages)
    services = {service.service: service.agent for service in shop.services}
    return subprocess.run([interpreter, '-m', 'harness.corpus', messages, layout.SEGMENTS,
                           json.dumps(services)], cwd=layout.HERE, check=False).returncode


def _settle(messages):
    """Waits until no new segment has come for QUIET_SECONDS."""
    last = [0, time.monotonic()]

    def quiet():
        count = len(list(messages.glob('*TraceSegmentReportService*.bin')))
        if count != last[0]:
            last[:] = [count, time.monotonic()]
        return count and time.monotonic() - last[1] >= QUIET_SECONDS

    wait_until(quiet, LONGEST_SECONDS)
