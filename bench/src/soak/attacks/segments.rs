//! Segments that are wrong, sent in well-formed calls.

use std::str::FromStr;

use bytes::Bytes;
use prost::Message;
use skytrail_proto::raw::BytesClientCodec;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use skytrail_proto::v3::{Commands, SegmentObject, SegmentReference, SpanObject};
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;

use crate::load::channel;
use crate::soak::random::Random;
use crate::soak::target::{PATIENCE, Reply, Target};
use crate::wire::protobuf::{empty_spans, field, nested as nested_groups, segment_head};
use crate::workload::now_ms;

/// Messages per stream.
const MESSAGES: usize = 50;

/// Every call that takes a message of the agents, besides the segments.
const CALLS: &[&str] = &[
    "/skywalking.v3.ManagementService/reportInstanceProperties",
    "/skywalking.v3.ManagementService/keepAlive",
    "/skywalking.v3.JVMMetricReportService/collect",
    "/skywalking.v3.CLRMetricReportService/collect",
    "/skywalking.v3.MeterReportService/collect",
    "/skywalking.v3.MeterReportService/collectBatch",
    "/skywalking.v3.LogReportService/collect",
    "/skywalking.v3.EventService/collect",
    "/skywalking.v3.BrowserPerfService/collectPerfData",
    "/skywalking.v3.BrowserPerfService/collectErrorLogs",
    "/skywalking.v3.ServiceMeshMetricService/collect",
    "/skywalking.v3.ProfileTask/getProfileTaskCommands",
    "/skywalking.v3.ProfileTask/collectSnapshot",
    "/skywalking.v3.ProfileTask/reportTaskFinish",
    "/skywalking.v3.ConfigurationDiscoveryService/fetchConfigurations",
    "/skywalking.v3.SpanAttachedEventReportService/collect",
    "/skywalking.v3.EBPFProcessService/reportProcesses",
    "/skywalking.v3.EBPFProfilingService/queryTasks",
    "/skywalking.v10.AsyncProfilerTask/getAsyncProfilerTaskCommands",
    "/skywalking.v10.PprofTask/getPprofTaskCommands",
    "/TraceSegmentReportService/collect",
    "/JVMMetricReportService/collect",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/no.such.Service/call",
    "//",
];

async fn stream(target: &Target, messages: Vec<Vec<u8>>) -> Reply {
    let Ok(channel) = channel(target.grpc).await else { return Reply::Unreachable };
    let mut client = TraceSegmentReportServiceClient::new(channel);
    let messages = messages.into_iter().map(Bytes::from);
    match timeout(PATIENCE * 2, client.collect(tokio_stream::iter(messages))).await {
        Ok(answer) => Reply::of_grpc(&answer),
        Err(_) => Reply::Silent,
    }
}

fn from_corpus(target: &Target, random: &mut Random) -> Vec<u8> {
    random.pick(&target.corpus).map(|bytes| bytes.to_vec()).unwrap_or_default()
}

/// Segments of real agents with bytes changed here and there.
pub(super) async fn mutated(target: Target, mut random: Random) -> Reply {
    let mutant = |random: &mut Random| {
        let mut bytes = from_corpus(&target, random);
        random.mutate(&mut bytes);
        bytes
    };
    let messages = (0..MESSAGES).map(|_| mutant(&mut random)).collect();
    stream(&target, messages).await
}

/// Segments of real agents that break off.
pub(super) async fn truncated(target: Target, mut random: Random) -> Reply {
    let cut = |random: &mut Random| {
        let mut bytes = from_corpus(&target, random);
        bytes.truncate(random.below(bytes.len()));
        bytes
    };
    let messages = (0..MESSAGES).map(|_| cut(&mut random)).collect();
    stream(&target, messages).await
}

/// Bytes of any kind.
pub(super) async fn noise(target: Target, mut random: Random) -> Reply {
    let some = |random: &mut Random| {
        let count = random.below(4096);
        random.bytes(count)
    };
    let messages = (0..MESSAGES).map(|_| some(&mut random)).collect();
    stream(&target, messages).await
}

/// Texts that are no UTF-8, in every place where a text can be.
pub(super) async fn not_utf8(target: Target, mut random: Random) -> Reply {
    let segment = |random: &mut Random| {
        let mut text = || [b"a\xff\xc3\x28".to_vec(), random.bytes(12)].concat();
        let mut bytes = segment_head(&text());
        let mut tag = Vec::new();
        field(&mut tag, 1, &text());
        field(&mut tag, 2, &text());
        let mut span = Vec::new();
        field(&mut span, 6, &text());
        field(&mut span, 7, &text());
        field(&mut span, 12, &tag);
        let mut log = Vec::new();
        field(&mut log, 2, &tag);
        field(&mut span, 13, &log);
        let mut reference = Vec::new();
        (2..9).filter(|at| *at != 4).for_each(|at| field(&mut reference, at, &text()));
        field(&mut span, 5, &reference);
        field(&mut bytes, 3, &span);
        bytes
    };
    let messages = (0..MESSAGES).map(|_| segment(&mut random)).collect();
    stream(&target, messages).await
}

/// Numbers at the ends of their range, and trees that are none.
pub(super) async fn extremes(target: Target, mut random: Random) -> Reply {
    let times = [i64::MIN, -1, 0, 1, 9_999_999_999_999, i64::MAX, now_ms(), now_ms() * 1_000_000];
    let ids = [i32::MIN, -1, 0, 1, 2, i32::MAX];
    let mut one = |name: &str| {
        let time = |random: &mut Random| random.pick(&times).copied().unwrap_or(0);
        let id = |random: &mut Random| random.pick(&ids).copied().unwrap_or(0);
        let span = |random: &mut Random| SpanObject {
            span_id: id(random),
            parent_span_id: id(random),
            start_time: time(random),
            end_time: time(random),
            operation_name: format!("/extreme/{}", random.below(5)),
            peer: "peer:1".to_owned(),
            span_type: id(random),
            span_layer: id(random),
            component_id: id(random),
            refs: vec![SegmentReference {
                ref_type: id(random),
                parent_span_id: id(random),
                parent_trace_segment_id: name.to_owned(),
                ..SegmentReference::default()
            }],
            ..SpanObject::default()
        };
        SegmentObject {
            trace_id: name.to_owned(),
            trace_segment_id: name.to_owned(),
            service: "extreme".to_owned(),
            service_instance: "extreme".to_owned(),
            spans: (0..random.below(20)).map(|_| span(&mut random)).collect(),
            ..SegmentObject::default()
        }
        .encode_to_vec()
    };
    let messages = (0..MESSAGES).map(|number| one(&format!("extreme.{number}"))).collect();
    stream(&target, messages).await
}

/// Services, instances, operations, peers and keys that nobody ever heard of.
pub(super) async fn many_names(target: Target, mut random: Random) -> Reply {
    let segment = |random: &mut Random| {
        let mut name = |kind: &str| format!("{kind}-{:016x}", random.number()).into_bytes();
        let mut bytes = segment_head(&name("service"));
        for _ in 0..10 {
            let mut tag = Vec::new();
            field(&mut tag, 1, &name("key"));
            field(&mut tag, 2, &name("value"));
            let mut span = Vec::new();
            crate::wire::protobuf::number(&mut span, 3, now_ms().unsigned_abs());
            crate::wire::protobuf::number(&mut span, 4, now_ms().unsigned_abs());
            field(&mut span, 6, &name("operation"));
            field(&mut span, 7, &name("peer"));
            field(&mut span, 12, &tag);
            field(&mut bytes, 3, &span);
        }
        bytes
    };
    let messages = (0..MESSAGES * 4).map(|_| segment(&mut random)).collect();
    stream(&target, messages).await
}

/// Names, keys, values and ids of a megabyte.
pub(super) async fn long_texts(target: Target, mut random: Random) -> Reply {
    let long = vec![b'x'; 1 << 20];
    let mut bytes = if random.below(2) == 0 { segment_head(&long) } else { Vec::new() };
    field(&mut bytes, 1 + random.below(2) as u32, &long);
    let mut tag = Vec::new();
    field(&mut tag, 1, &long);
    field(&mut tag, 2, &long);
    let mut span = Vec::new();
    field(&mut span, 6, &long);
    (0..1000).for_each(|_| field(&mut span, 12, &[10, 1, b'k', 18, 1, b'v']));
    field(&mut span, 12, &tag);
    field(&mut bytes, 3, &span);
    stream(&target, vec![bytes]).await
}

/// Ten million spans without a field in 20 MB, or fewer that pass as a message.
pub(super) async fn span_bomb(target: Target, mut random: Random) -> Reply {
    let counts = [20_000, 200_000, 2_000_000, 10_000_000];
    let count = random.pick(&counts).copied().unwrap_or(0);
    stream(&target, vec![empty_spans(count)]).await
}

/// A message beyond every limit.
pub(super) async fn oversized(target: Target, _: Random) -> Reply {
    let mut bytes = segment_head(b"oversized");
    field(&mut bytes, 100, &vec![0; 64 << 20]);
    stream(&target, vec![bytes]).await
}

/// Groups within groups.
pub(super) async fn nested(target: Target, mut random: Random) -> Reply {
    let depth = [10, 99, 101, 10_000, 1_000_000];
    let depth = random.pick(&depth).copied().unwrap_or(0);
    stream(&target, vec![nested_groups(depth)]).await
}

async fn call(target: &Target, path: &str, message: Vec<u8>) -> Reply {
    let Ok(path) = PathAndQuery::from_str(path) else { return Reply::Refused };
    let Ok(channel) = channel(target.grpc).await else { return Reply::Unreachable };
    let mut client = Grpc::new(channel);
    if client.ready().await.is_err() {
        return Reply::Closed;
    }
    let codec = BytesClientCodec::<Commands>::default();
    let request = tonic::Request::new(Bytes::from(message));
    match timeout(PATIENCE, client.unary(request, path, codec)).await {
        Ok(answer) => Reply::of_grpc(&answer),
        Err(_) => Reply::Silent,
    }
}

/// Collections: garbage, and thousands of broken segments in one message.
pub(super) async fn in_sync(target: Target, mut random: Random) -> Reply {
    let mut message = Vec::new();
    for _ in 0..random.below(2000) {
        let mut segment = from_corpus(&target, &mut random);
        if random.below(3) == 0 {
            random.mutate(&mut segment);
        }
        field(&mut message, 1, &segment);
    }
    if random.below(4) == 0 {
        random.mutate(&mut message);
    }
    call(&target, "/skywalking.v3.TraceSegmentReportService/collectInSync", message).await
}

/// Every other call, with noise and with messages that are meant for another.
pub(super) async fn other_services(target: Target, mut random: Random) -> Reply {
    let path = random.pick(CALLS).copied().unwrap_or("/");
    let message = match random.below(3) {
        0 => random.bytes(500),
        1 => from_corpus(&target, &mut random),
        _ => empty_spans(200_000),
    };
    call(&target, path, message).await
}
