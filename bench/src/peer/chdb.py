"""Keeps spans in ClickHouse, inside of this process, as the OpenTelemetry
Collector's exporter would. Takes one command a line and answers each with one
line of JSON:

    start FOLDER            makes the tables
    insert FILE             spans in RowBinary, as the columns below
    finish                  merges everything; tells processor time and bytes
    trace TABLE ID          seconds of one trace by its id
"""

import json
import resource
import sys
import time

import chdb

COLUMNS = """
    Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String,
    TraceState String, SpanName LowCardinality(String), SpanKind LowCardinality(String),
    ServiceName LowCardinality(String), ResourceAttributes Map(LowCardinality(String), String),
    ScopeName String, ScopeVersion String,
    SpanAttributes Map(LowCardinality(String), String), Duration UInt64,
    StatusCode LowCardinality(String), StatusMessage String,
    `Events.Timestamp` Array(DateTime64(9)), `Events.Name` Array(LowCardinality(String)),
    `Events.Attributes` Array(Map(LowCardinality(String), String)),
    `Links.TraceId` Array(String), `Links.SpanId` Array(String),
    `Links.TraceState` Array(String),
    `Links.Attributes` Array(Map(LowCardinality(String), String))
"""

# The table of the collector's exporter.
TABLE = """
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested (
        Timestamp DateTime64(9), Name LowCardinality(String),
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    Links Nested (
        TraceId String, SpanId String, TraceState String,
        Attributes Map(LowCardinality(String), String)
    ) CODEC(ZSTD(1)),
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1
"""

TRACE_INDEX = ", INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1"

TABLES = {
    "by_service": (TRACE_INDEX, "(ServiceName, SpanName, toDateTime(Timestamp))"),
    "by_trace": ("", "TraceId"),
}


class Store:
    def __init__(self, folder):
        self.connection = chdb.connect(folder)
        self.inserted = dict.fromkeys(TABLES, 0.0)
        self.ask("CREATE DATABASE bench ENGINE = Atomic")
        self.ask("SYSTEM STOP MERGES")
        for name, (index, order) in TABLES.items():
            self.ask(
                f"CREATE TABLE bench.{name} ({TABLE}{index}) ENGINE = MergeTree "
                f"PARTITION BY toDate(Timestamp) ORDER BY {order} "
                "SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1"
            )

    def ask(self, text, form="TSV"):
        result = self.connection.query(text, form)
        return result.data() if hasattr(result, "data") else str(result)

    def cost(self, text, form="TSV"):
        """Processor time of all threads."""
        before = spent()
        self.ask(text, form)
        return spent() - before

    def insert(self, path):
        """From a table in memory, what it costs to read which is taken off."""
        self.ask(f"CREATE TABLE bench.fresh ({COLUMNS}) ENGINE = Memory")
        self.ask(f"INSERT INTO bench.fresh SELECT * FROM file('{path}', RowBinary, $${COLUMNS}$$)")
        self.ask("SELECT * FROM bench.fresh FORMAT Null")
        read = self.cost("SELECT * FROM bench.fresh FORMAT Null")
        for name in TABLES:
            whole = self.cost(f"INSERT INTO bench.{name} SELECT * FROM bench.fresh")
            self.inserted[name] += whole - read
        self.ask("DROP TABLE bench.fresh SYNC")
        return {}

    def finish(self):
        self.ask("SYSTEM START MERGES")
        told = {}
        for name in TABLES:
            merge = self.cost(f"OPTIMIZE TABLE bench.{name} FINAL")
            about = self.ask(
                "SELECT sum(bytes_on_disk), sum(rows), count() FROM system.parts "
                f"WHERE active AND database = 'bench' AND table = '{name}'"
            )
            size, rows, parts = (int(word) for word in about.split())
            told[name] = {
                "insert": self.inserted[name],
                "merge": merge,
                "bytes": size,
                "rows": rows,
                "parts": parts,
            }
        told["version"] = self.ask("SELECT version()").strip()
        return told

    def trace(self, table, trace):
        begin = time.perf_counter()
        found = self.ask(
            f"SELECT * FROM bench.{table} WHERE TraceId = '{trace}' SETTINGS max_threads = 1",
            "JSONEachRow",
        )
        return {"seconds": time.perf_counter() - begin, "spans": len(found.splitlines())}


def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    store = None
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "start":
            store, told = Store(*rest), {}
        else:
            told = getattr(store, word)(*rest)
        print(json.dumps(told), flush=True)


main()
