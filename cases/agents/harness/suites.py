"""What must hold for the shop's calls, asked through GraphQL only."""

from collections import Counter

from . import apps, traffic
from .checks import Mismatch, eventually, expect, expect_that
from .graphql import ApiError, service_id

# The first call is made alone; these follow.
FOLLOWING = ['', 'slow=1', '', 'fail=1', '', '', 'slow=1', 'fail=1', '', '', 'fail=1']
SLOW_STATEMENT = 'SELECT id, total FROM orders WHERE note LIKE %s AND SLEEP(0.3) = 0'
SLOW_MILLISECONDS = 300
THRESHOLD_MILLISECONDS = 200
REGISTRATION_SECONDS = 30
USER = 'User'
JVM_POSITIVE = ['cpu', 'memory_heap', 'memory_heap_max', 'memory_noheap', 'memory_pool_metaspace',
                'thread_live_count', 'thread_daemon_count', 'thread_peak_count',
                'thread_runnable_state_thread_count', 'class_loaded_class_count',
                'class_total_loaded_class_count']
JVM_PRESENT = ['young_gc_count', 'young_gc_time', 'old_gc_count', 'class_total_unloaded_class_count']


class World:
    """One run: the server's API, the shop, and the calls made so far."""

    def __init__(self, api, shop):
        self.api = api
        self.shop = shop
        self.queries = []
        self.first_trace = []

    def call(self, query=''):
        """One call through the chain, whose status must be the one asked for."""
        expect(f'status of the call {query!r}', traffic.call(self.shop.front, query),
               500 if 'fail' in query else 200)
        self.queries.append(query)

    @property
    def services(self):
        return self.shop.services

    @property
    def failed(self):
        """Calls that were made to fail."""
        return sum('fail' in query for query in self.queries)

    @property
    def slow(self):
        """Calls that ran the slow statement."""
        return sum('slow' in query for query in self.queries)

    def edges(self):
        """Every expected call of the topology: (source, target) to the sides that saw it."""
        names = [service.service for service in self.services]
        edges = {(USER, names[0]): {'SERVER'}}
        edges.update({pair: {'CLIENT', 'SERVER'} for pair in zip(names, names[1:])})
        if 'orders' in names:
            edges['orders', self.shop.database] = {'CLIENT'}
        return edges


def instances(world):
    """Every agent registered its instance with truthful properties."""
    for service in world.services:
        if service.reports_instance:
            eventually(lambda service=service: _instance(world, service), REGISTRATION_SECONDS,
                       passing=(ApiError,))


def _instance(world, service):
    listed = world.api.ask('instances', serviceId=service_id(service.service), duration=world.api.duration())
    expect(f'instances of {service.service}', [instance['name'] for instance in listed], [service.instance])
    found = listed[0]
    expect(f'language of {service.instance}', found['language'], service.language)
    attributes = {entry['name']: entry['value'] for entry in found['attributes']}
    expect(f'process number of {service.instance}', attributes.get('Process No.'),
           str(world.shop.pids[service.agent]))
    expect_that(f'a host name of {service.instance}', attributes.get('hostname'), attributes)


def trace(world):
    """The first call is one trace across every process."""
    world.call()
    first = world.services[0].service
    # Java adds a segment for its work on another thread.
    wanted = Counter(service.service for service in world.services)
    wanted.update(['billing'] if 'billing' in wanted else [])

    def whole():
        traces = world.api.traces(first)
        expect(f'traces of {first}', len(traces), 1)
        world.first_trace = world.api.ask('trace', traceId=traces[0]['traceIds'][0])['spans']
        segments = {(span['segmentId'], span['serviceCode']) for span in world.first_trace}
        expect('segments of the first trace', Counter(name for _, name in segments), wanted)

    eventually(whole)
    known = {(span['segmentId'], span['spanId']) for span in world.first_trace}
    roots = [span['serviceCode'] for span in world.first_trace
             if span['parentSpanId'] < 0 and not span['refs']]
    expect('services whose segment has no parent', roots, [first])
    for span in world.first_trace:
        for ref in span['refs']:
            expect_that('a parent within the trace',
                        (ref['parentSegmentId'], ref['parentSpanId']) in known, ref)


def alias(world):
    """With the trace whole, no address stands for a service any longer than a second."""
    wanted = {name for edge in world.edges() for name in edge}

    def settled():
        topology = world.api.ask('globalTopology', duration=world.api.duration())
        expect('nodes of the topology', {node['name'] for node in topology['nodes']}, wanted)

    eventually(settled, seconds=1)


def agent(service):
    """Suite of one agent: its entry span is in the first trace, named, typed and joined to its caller."""
    def check(world):
        spans = [span for span in world.first_trace
                 if span['serviceCode'] == service.service and span['type'] == 'Entry']
        expect(f'entry spans of {service.service}', len(spans), 1)
        entry = spans[0]
        wanted = {'serviceInstanceName': service.instance, 'endpointName': service.endpoint,
                  'component': service.component, 'layer': 'Http', 'isError': False}
        expect(f'entry span of {service.service}', {key: entry[key] for key in wanted}, wanted)
        callers = {(span['segmentId'], span['spanId']): span['serviceCode'] for span in world.first_trace}
        found = [callers.get((ref['parentSegmentId'], ref['parentSpanId'])) for ref in entry['refs']]
        place = world.services.index(service)
        expect(f'callers of {service.service}', found,
               [world.services[place - 1].service] if place else [])
    return check


def threads(world):
    """The work on another thread refers to the request it belongs to."""
    spans = [span for span in world.first_trace if span['endpointName'] == apps.AUDIT_ENDPOINT]
    expect('spans of the work on another thread', len(spans), 1)
    expect('its references', [ref['type'] for ref in spans[0]['refs']], ['CROSS_THREAD'])
    eventually(lambda: expect(f'calls of {apps.AUDIT_ENDPOINT}',
                              total(world, 'endpoint_cpm', serviceName='billing', normal=True,
                                    endpointName=apps.AUDIT_ENDPOINT), len(world.queries)))


def topology(world):
    """Exactly the shop's edges, seen from the sides that exist, in both forms of the query."""
    for query in FOLLOWING:
        world.call(query)
    ids = [service_id(service.service) for service in world.services]
    for operation, extra in (('globalTopology', {}), ('servicesTopology', {'serviceIds': ids})):
        eventually(lambda operation=operation, extra=extra: _edges(world, operation, extra))


def _edges(world, operation, extra):
    answer = world.api.ask(operation, duration=world.api.duration(), **extra)
    names = {node['id']: node['name'] for node in answer['nodes']}
    found = {(names.get(call['source']), names.get(call['target'])): set(call['detectPoints'])
             for call in answer['calls']}
    expect(f'calls of {operation}', found, world.edges())
    expect(f'nodes of {operation}', sorted(names.values()),
           sorted({name for edge in world.edges() for name in edge}))
    nodes = {node['name']: node for node in answer['nodes']}
    expect('type of the user node', nodes[USER]['type'], 'USER')
    for service in world.services:
        node = nodes[service.service]
        expect(f'node {service.service}', (node['type'], node['isReal'], node['layers']),
               (service.component, True, ['GENERAL']))
    if world.shop.database in nodes:
        node = nodes[world.shop.database]
        expect('database node', (node['type'], node['isReal'], node['layers']),
               ('Mysql', False, ['VIRTUAL_DATABASE']))


def total(world, metric, **entity):
    """Sum over the minutes of a metric that counts calls a minute."""
    return round(sum(world.api.series(metric, **entity).values()))


def calls(world):
    """Calls a minute, summed, are the calls made: of services, instances, endpoints and relations."""
    made = len(world.queries)
    for service in world.services:
        entity = {'serviceName': service.service, 'normal': True}
        _calls(world, 'service_cpm', made, **entity)
        _calls(world, 'service_instance_cpm', made, serviceInstanceName=service.instance, **entity)
        for endpoint, count in _endpoints(world, service).items():
            _calls(world, 'endpoint_cpm', count, endpointName=endpoint, **entity)
    for client, server in zip(world.services, world.services[1:]):
        entity = {'serviceName': client.service, 'normal': True,
                  'destServiceName': server.service, 'destNormal': True}
        _calls(world, 'service_relation_server_cpm', made, **entity)
        _calls(world, 'service_relation_client_cpm', made, **entity)


def _calls(world, metric, wanted, **entity):
    name = f'{metric} of {" ".join(str(value) for value in entity.values() if value is not True)}'
    eventually(lambda: expect(name, total(world, metric, **entity), wanted))


def _endpoints(world, service):
    """Envoy names its spans with the query string, the other agents without."""
    if service.agent == 'gateway':
        return Counter(f'{service.endpoint}?{query}' if query else service.endpoint for query in world.queries)
    return {service.endpoint: len(world.queries)}


def errors(world):
    """The failed calls, and no others, are errors: in the success rate and in the trace list."""
    succeeded = len(world.queries) - world.failed
    for service in world.services:
        eventually(lambda service=service: _errors(world, service, succeeded))


def _errors(world, service, succeeded):
    entity = {'serviceName': service.service, 'normal': True}
    per_minute = world.api.series('service_cpm', **entity)
    rates = world.api.series('service_sla', **entity)
    found = sum(round(count * rates.get(minute, 0) / 10000) for minute, count in per_minute.items())
    expect(f'successful calls of {service.service}', found, succeeded)
    failed = [found for found in world.api.traces(service.service, 'ERROR')]
    expect(f'segments with errors of {service.service}', len(failed), world.failed)
    expect_that('isError of each', all(found['isError'] for found in failed), failed)


def jvm(world):
    """The Java agent's metrics are there under the names of the catalogue."""
    service = next(service for service in world.services if service.agent == 'java')
    entity = {'serviceName': service.service, 'normal': True, 'serviceInstanceName': service.instance}
    for name in JVM_POSITIVE + JVM_PRESENT:
        def present(name=name):
            values = list(world.api.series(f'instance_jvm_{name}', **entity).values())
            expect_that(f'instance_jvm_{name} having values', values, values)
            floor = 0 if name in JVM_PRESENT else 1
            expect_that(f'instance_jvm_{name} at least {floor}', min(values) >= floor, values)
        eventually(present)


def database(world):
    """The database is a virtual service with every statement counted."""
    name = world.shop.database
    listed = eventually(lambda: _virtual_database(world, name))
    expect('database service', (listed['normal'], listed['layers'], listed['id']),
           (False, ['VIRTUAL_DATABASE'], service_id(name, normal=False)))
    _calls(world, 'database_access_cpm', len(world.queries), serviceName=name, normal=False)


def _virtual_database(world, name):
    listed = world.api.ask('services', layer='VIRTUAL_DATABASE')
    expect('services of the layer VIRTUAL_DATABASE', [service['name'] for service in listed], [name])
    return listed[0]


def slow_sql(world):
    """The slow statements, each with its time and trace, from the database's side and the service's."""
    sides = (('top_n_database_statement', world.shop.database, False),
             ('top_n_service_database_statement', 'orders', True))
    for metric, name, normal in sides:
        records = eventually(lambda side=(metric, name, normal): _slow_records(world, *side))
        for trace_id in {record[2] for record in records if record[0] == SLOW_STATEMENT}:
            spans = world.api.ask('trace', traceId=trace_id)['spans']
            statements = [tag['value'] for span in spans if span['layer'] == 'Database'
                          for tag in span['tags'] if tag['key'] == 'db.statement']
            expect(f'statements of the trace {trace_id}', statements, [SLOW_STATEMENT])
    condition = {'name': sides[0][0], 'topN': 10, 'order': 'DES',
                 'parentEntity': {'scope': 'Service', 'serviceName': world.shop.database, 'normal': False}}
    listed = world.api.ask('records', condition=condition, duration=world.api.duration())
    expect('slow statements read as records',
           sum(record['name'] == SLOW_STATEMENT and bool(record['refId']) for record in listed), world.slow)


def _slow_records(world, metric, name, normal):
    records = world.api.expression(f'top_n({metric},10,des)', serviceName=name, normal=normal)
    slow = [record for record in records if record[0] == SLOW_STATEMENT]
    expect(f'slow statements of {metric}', len(slow), world.slow)
    expect(f'distinct traces of {metric}', len({record[2] for record in slow}), world.slow)
    expect_that('each as long as it took', all(value >= SLOW_MILLISECONDS for _, value, _ in slow), slow)
    # On a busy machine a quick statement can be slow as well, but only a slow one may be listed.
    expect_that('each above the threshold', all(value > THRESHOLD_MILLISECONDS for _, value, _ in records),
                records)
    values = [value for _, value, _ in records]
    expect('descending order', values, sorted(values, reverse=True))
    return records


# In order: `trace` makes the first call, `topology` the others.
SUITES = [
    ('instances', (), instances),
    ('trace', (), trace),
    ('alias', (), alias),
    *[(f'agent-{service.agent}', (service.agent,), agent(service)) for service in apps.CHAIN],
    ('topology', (), topology),
    ('calls', (), calls),
    ('threads', ('java',), threads),
    ('errors', (), errors),
    ('jvm', ('java',), jvm),
    ('database', ('python',), database),
    ('slow-sql', ('python',), slow_sql),
]
FAILURES = (Mismatch, ApiError)
