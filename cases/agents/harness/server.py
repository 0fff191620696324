"""The server under test: the settings it is started with, all in one place."""

import urllib.error
import urllib.request

from .processes import StartError, free_port, wait_until

HOST = '127.0.0.1'
# Setting of each port; the value is filled in with a free one.
GRPC_PORT = 'ingest.grpc.port'
REST_PORT = 'api.rest.port'
TELEMETRY_PORT = 'telemetry.port'
# Everything else the suites rely on, beyond the defaults.
SETTINGS = {'ingest.otlp.grpc.port': 0, 'ingest.otlp.http.port': 0}
START_SECONDS = 15
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """A started server with its ports."""

    def __init__(self, fleet, binary):
        self.ports = {key: free_port() for key in (GRPC_PORT, REST_PORT, TELEMETRY_PORT)}
        self.grpc = self.ports[GRPC_PORT]
        self.rest = self.ports[REST_PORT]
        settings = [word for key, value in {**SETTINGS, **self.ports}.items()
                    for word in ('--set', f'{key}={value}')]
        command = [binary, 'serve', '--data', fleet.logs / 'data', *settings]
        self.process = fleet.spawn('skytrail', command)
        up = wait_until(lambda: self.process.poll() is not None or self.healthy(), START_SECONDS)
        if self.process.poll() is not None:
            raise StartError(f'skytrail ended with status {self.process.returncode}: {fleet.tail("skytrail")}')
        if not up:
            raise StartError(f'skytrail was not healthy within {START_SECONDS} s: {fleet.tail("skytrail")}')

    def healthy(self):
        """Whether the health check answers 200."""
        try:
            with _opener.open(f'http://{HOST}:{self.rest}/healthcheck', timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
