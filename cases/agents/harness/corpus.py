"""Turns recorded messages into the seed corpus: `python -m harness.corpus MESSAGES TARGET SERVICES`.

Runs in the Python agent's environment, which has the generated messages. Keeps one segment of each
distinct shape and replaces whatever names this machine; a message without such names keeps the very
bytes its agent sent. SERVICES is a JSON object from service name to agent.
"""

import getpass
import json
import os
import socket
import sys
import uuid
from pathlib import Path

from skywalking.protocol.language_agent.JVMMetric_pb2 import JVMMetricCollection
from skywalking.protocol.language_agent.Tracing_pb2 import SegmentObject
from skywalking.protocol.management.Management_pb2 import InstanceProperties

from . import layout

SEGMENTS_PER_AGENT = 7
SLOW_MILLISECONDS = 200
FILES = 40
BYTES = 200 * 1024


class CorpusError(Exception):
    """A corpus that would be too large, empty, or would name this machine."""


def machine_names():
    """Texts that name this machine, each with what stands in for it, longest first."""
    # Version 1 UUIDs, which the Python agent uses as ids, end in the network card's address.
    names = {f'{uuid.getnode():012x}': '020000000001',
             str(layout.cache()): '/opt/agents', str(layout.REPOSITORY): '/opt/shop',
             sys.base_prefix: '/usr', str(Path.home()): '/srv/shop'}
    return sorted(names.items(), key=lambda pair: -len(pair[0]))


def machine_values():
    """Values that name this machine when they are a whole field; some are too short to search for."""
    return {socket.gethostname(): 'shop-host', getpass.getuser(): 'shop', os.uname().release: '6.1.0'}


def scrub(message):
    """Replaces machine names in every text of `message`; returns whether it changed."""
    changed = False
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in value if field.is_repeated else [value]:
                changed |= scrub(inner)
        elif field.type == field.TYPE_STRING and not field.is_repeated:
            clean = _clean(value)
            if clean != value:
                setattr(message, field.name, clean)
                changed = True
    if message.DESCRIPTOR.name == 'KeyStringValuePair' and message.key == 'ipv4' \
            and message.value != '127.0.0.1':
        message.value = '127.0.0.1'
        changed = True
    return changed


def _clean(text):
    text = machine_values().get(text, text)
    for name, stand_in in machine_names():
        text = text.replace(name, stand_in)
    return text


def encode(raw, kind):
    """The bytes to keep for one recorded message."""
    message = kind.FromString(raw)
    kept = message.SerializeToString() if scrub(message) else raw
    for name, _ in machine_names():
        if name.encode() in kept:
            raise CorpusError(f'{kind.DESCRIPTOR.name} still names this machine')
    return kept


def shape(segment):
    """What makes one segment differ from another for a reader of the format."""
    return (segment.service, tuple(
        (span.spanType, span.spanLayer, span.componentId, span.isError, span.parentSpanId < 0,
         tuple((ref.refType, bool(ref.parentEndpoint)) for ref in span.refs),
         tuple(tag.key for tag in span.tags), len(span.logs),
         span.endTime - span.startTime > SLOW_MILLISECONDS)
        for span in segment.spans))


def select(messages, agents):
    """File name to bytes: distinct segments, and one of each other kind per agent."""
    files, seen, counts = {}, set(), {}
    for path in sorted(messages.glob('*TraceSegmentReportService-collect.bin')):
        raw = path.read_bytes()
        segment = SegmentObject.FromString(raw)
        agent = agents[segment.service]
        number = counts.get(agent, 0) + 1
        if shape(segment) in seen or number > SEGMENTS_PER_AGENT:
            continue
        seen.add(shape(segment))
        counts[agent] = number
        files[f'{agent}-{number}.bin'] = encode(raw, SegmentObject)
    for suffix, pattern, kind in (
            ('properties', '*-reportInstanceProperties.bin', InstanceProperties),
            ('jvm', '*JVMMetricReportService-collect.bin', JVMMetricCollection)):
        for path in sorted(messages.glob(pattern)):
            raw = path.read_bytes()
            name = f'{agents[kind.FromString(raw).service]}-{suffix}.bin'
            files.setdefault(name, encode(raw, kind))
    missing = set(agents.values()) - set(counts)
    if missing:
        raise CorpusError(f'no segment came from {", ".join(sorted(missing))}')
    return files


def main():
    messages, target, agents = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    files = select(messages, agents)
    total = sum(len(content) for content in files.values())
    if len(files) > FILES or total > BYTES:
        raise CorpusError(f'{len(files)} files of {total} bytes, limits are {FILES} and {BYTES}')
    target.mkdir(parents=True, exist_ok=True)
    for stale in target.glob('*.bin'):
        stale.unlink()
    for name, content in files.items():
        (target / name).write_bytes(content)
    print(f'{len(files)} messages, {total} bytes in {target}')


if __name__ == '__main__':
    main()
