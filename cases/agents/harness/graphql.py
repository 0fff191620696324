"""The query protocol as the suites use it: documents, durations, and answers as plain values."""

import base64
import json
import time
import urllib.error
import urllib.request

ANSWER_SECONDS = 10
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

DOCUMENTS = {
    'timeInfo': 'query timeInfo { result: getTimeInfo { timezone currentTimestamp } }',
    'services': 'query services($layer: String) { result: listServices(layer: $layer)'
                ' { id name normal layers } }',
    'instances': 'query instances($duration: Duration!, $serviceId: ID!) {'
                 ' result: listInstances(duration: $duration, serviceId: $serviceId)'
                 ' { id name language attributes { name value } } }',
    'basicTraces': 'query basicTraces($condition: TraceQueryCondition) {'
                   ' result: queryBasicTraces(condition: $condition)'
                   ' { traces { segmentId endpointNames duration start isError traceIds } } }',
    'trace': 'query trace($traceId: ID!) { result: queryTrace(traceId: $traceId) { spans {'
             ' traceId segmentId spanId parentSpanId serviceCode serviceInstanceName endpointName type peer'
             ' component layer isError startTime endTime refs { traceId parentSegmentId parentSpanId type }'
             ' tags { key value } } } }',
    'globalTopology': 'query globalTopology($duration: Duration!) {'
                      ' result: getGlobalTopology(duration: $duration) { nodes { id name type isReal layers }'
                      ' calls { id source target detectPoints sourceComponents targetComponents } } }',
    'servicesTopology': 'query servicesTopology($serviceIds: [ID!]!, $duration: Duration!) {'
                        ' result: getServicesTopology(serviceIds: $serviceIds, duration: $duration)'
                        ' { nodes { id name type isReal layers }'
                        ' calls { id source target detectPoints sourceComponents targetComponents } } }',
    'expression': 'query expression($expression: String!, $entity: Entity!, $duration: Duration!) {'
                  ' result: execExpression(expression: $expression, entity: $entity, duration: $duration)'
                  ' { type error results { metric { labels { key value } } values { id value traceID } } } }',
    'records': 'query records($condition: RecordCondition!, $duration: Duration!) {'
               ' result: readRecords(condition: $condition, duration: $duration) { id name value refId } }',
}


class ApiError(Exception):
    """An answer that is no data: a transport failure or GraphQL errors."""


def service_id(name, normal=True):
    """Identifier of a service, conjectured ones being not normal."""
    return f'{base64.b64encode(name.encode()).decode()}.{1 if normal else 0}'


class Api:
    """Asks one server; durations reach from a minute before the first use to now."""

    def __init__(self, port):
        self.url = f'http://127.0.0.1:{port}/graphql'
        self.since = time.time() - 60
        self.offset = _offset_seconds(self.ask('timeInfo')['timezone'])

    def ask(self, operation, **variables):
        """The field `result` of one of DOCUMENTS."""
        body = {'query': DOCUMENTS[operation], 'variables': variables, 'operationName': operation}
        request = urllib.request.Request(self.url, json.dumps(body).encode(),
                                         {'content-type': 'application/json'})
        try:
            with _opener.open(request, timeout=ANSWER_SECONDS) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise ApiError(f'{operation}: status {error.code}: {error.read()[:300]!r}') from error
        except (OSError, ValueError) as error:
            raise ApiError(f'{operation}: {error}') from error
        if answer.get('errors'):
            raise ApiError(f'{operation}: {json.dumps(answer["errors"])[:300]}')
        return answer['data']['result']

    def duration(self):
        """All minutes of this run, in the server's zone."""
        return {'start': self._minute(self.since), 'end': self._minute(time.time()), 'step': 'MINUTE'}

    def _minute(self, seconds):
        return time.strftime('%Y-%m-%d %H%M', time.gmtime(seconds + self.offset))

    def expression(self, expression, **entity):
        """The values of the only result of an expression as `(id, value, traceID)`, absent ones left out."""
        answer = self.ask('expression', expression=expression, entity=entity, duration=self.duration())
        if answer.get('error'):
            raise ApiError(f'{expression}: {answer["error"]}')
        return [(value['id'], float(value['value']), value['traceID'])
                for result in answer['results'] for value in result['values'] if value['value'] is not None]

    def series(self, metric, **entity):
        """Bucket to value of a metric's minutes that have one."""
        return {bucket: value for bucket, value, _ in self.expression(metric, **entity)}

    def traces(self, service, state='ALL'):
        """Segments of a service, newest first, at most 100."""
        condition = {'serviceId': service_id(service), 'queryDuration': self.duration(), 'traceState': state,
                     'queryOrder': 'BY_START_TIME', 'paging': {'pageNum': 1, 'pageSize': 100}}
        return self.ask('basicTraces', condition=condition)['traces']


def _offset_seconds(zone):
    """`+0530` in seconds."""
    minutes = int(zone[1:3]) * 60 + int(zone[3:5])
    return (-60 if zone[0] == '-' else 60) * minutes
