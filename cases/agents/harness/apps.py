"""The shop: one application per agent, calling each other in one chain behind a gateway.

client → gateway (Envoy) → orders (Python, with a database) → billing (Java) → parcels (Node)
→ stock (Rust). An agent whose toolchain is absent is left out and the chain closes over the gap.
"""

from dataclasses import dataclass

from . import install, layout
from .processes import free_port

START_SECONDS = 60
# Agents send their first properties at their first heartbeat; the default is every 30 s.
HEARTBEAT_SECONDS = '3'


@dataclass(frozen=True)
class Service:
    """One application: its agent, its names as reported, its path and what its spans are named."""

    agent: str
    service: str
    path: str
    endpoint: str
    component: str
    language: str
    reports_instance: bool = True

    @property
    def instance(self):
        """The configured instance name, free of machine names."""
        return f'{self.service}-1'


CHAIN = [
    Service('gateway', 'gateway', '/checkout', '/checkout', 'EnvoyProxy', '', reports_instance=False),
    Service('python', 'orders', '/checkout', '/checkout', 'Python', 'PYTHON'),
    Service('java', 'billing', '/bill', 'GET:/bill', 'JettyServer', 'JAVA'),
    Service('node', 'parcels', '/parcel', 'GET:/parcel', 'http', 'NODEJS'),
    Service('rust', 'stock', '/reserve', '/reserve', 'Rust', 'UNKNOWN'),
]
AUDIT_ENDPOINT = 'billing/audit'


class Shop:
    """The running chain."""

    def __init__(self, fleet, collector_port, folders):
        self.fleet = fleet
        self.collector = f'127.0.0.1:{collector_port}'
        self.collector_port = collector_port
        self.folders = folders
        self.services = [service for service in CHAIN if service.agent in folders]
        self.ports = {service.agent: free_port() for service in self.services}
        self.database_port = free_port()
        self.pids = {}

    @property
    def front(self):
        """Address of the first service of the chain."""
        first = self.services[0]
        return f'http://127.0.0.1:{self.ports[first.agent]}{first.path}'

    @property
    def database(self):
        """The database's name as the driver's plugin reports it."""
        return f'localhost:{self.database_port}'

    def start(self):
        """Starts every application and waits until each listens."""
        if 'python' in self.folders:
            self.fleet.start('database', [self._interpreter(), layout.APPS / 'python' / 'database.py'],
                             {'PORT': str(self.database_port)}, self.database_port, START_SECONDS)
        started = []
        for service in reversed(self.services):
            command, extra = getattr(self, f'_{service.agent}')(service)
            process = self.fleet.spawn(service.service, command, {**self._environment(service), **extra})
            self.pids[service.agent] = process.pid
            started.append((service, process))
        for service, process in started:
            self.fleet.await_port(service.service, process, self.ports[service.agent], START_SECONDS)

    def _environment(self, service):
        return {
            'PORT': str(self.ports[service.agent]),
            'NEXT_URL': self._next(service),
            'SW_AGENT_NAME': service.service,
            'SW_AGENT_INSTANCE_NAME': service.instance,
            'SW_AGENT_COLLECTOR_BACKEND_SERVICES': self.collector,
            'SW_AGENT_COLLECTOR_HEARTBEAT_PERIOD': HEARTBEAT_SECONDS,
        }

    def _next(self, service):
        later = self.services[self.services.index(service) + 1:]
        return f'http://127.0.0.1:{self.ports[later[0].agent]}{later[0].path}' if later else ''

    def _interpreter(self):
        return self.folders['python'] / 'bin' / 'python'

    def _python(self, _service):
        command = [self.folders['python'] / 'bin' / 'sw-python', 'run', self._interpreter(),
                   layout.APPS / 'python' / 'orders.py']
        return command, {'DATABASE_PORT': str(self.database_port)}

    def _java(self, _service):
        folder = self.folders['java']
        agent = folder / 'agent' / install.AGENT_JAR
        return ['java', '-Xmx192m', f'-javaagent:{agent}', '-cp', folder / 'app', 'shop.Billing'], {
            'SW_AGENT_COLLECTOR_GRPC_CHANNEL_CHECK_INTERVAL': '1',
        }

    def _node(self, service):
        return ['node', layout.APPS / 'node' / 'parcels.js'], {
            'NODE_PATH': str(self.folders['node'] / 'node_modules'),
            'SW_AGENT_INSTANCE': service.instance,
        }

    def _rust(self, _service):
        return [self.folders['rust'] / 'target' / 'debug' / 'skytrail-case-stock'], {}

    def _gateway(self, service):
        text = (layout.APPS / 'envoy' / 'gateway.yaml').read_text()
        values = {
            'PORT': self.ports['gateway'], 'SERVICE': service.service, 'INSTANCE': service.instance,
            'FIRST_PORT': self.ports[self.services[1].agent], 'COLLECTOR_PORT': self.collector_port,
        }
        for key, value in values.items():
            text = text.replace(f'@{key}@', str(value))
        config = self.fleet.logs / 'gateway.yaml'
        config.write_text(text)
        return [self.folders['gateway'] / 'bin' / 'envoy', '--config-path', config, '--concurrency', '1',
                '--use-dynamic-base-id', '--log-level', 'warn'], {}


def install_all():
    """Installs every agent; returns the folders and, for those that cannot be, the reasons."""
    folders, absent = {}, {}
    with install.alone():
        for service in CHAIN:
            try:
                folders[service.agent] = install.install(service.agent)
            except install.Absent as reason:
                absent[service.agent] = str(reason)
    if list(folders) == ['gateway']:
        absent['gateway'] = 'no application behind it'
        folders = {}
    return folders, absent
