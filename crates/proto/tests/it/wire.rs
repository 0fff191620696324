//! Messages against bytes written by hand from the field numbers.

use bytes::Bytes;
use prost::Message;
use skytrail_proto::v3;

/// A field whose content has a length; `tag` is the field number shifted left by 3, plus 2.
fn nested(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut field = vec![tag, u8::try_from(content.len()).unwrap()];
    field.extend_from_slice(content);
    field
}

fn segment_bytes() -> Vec<u8> {
    let reference = b"\x08\x01\x12\x01T\x1a\x01P\x20\x02\x2a\x01A\x32\x01B\x3a\x01C\x42\x01D";
    let tag = b"\x0a\x01k\x12\x01v";
    let log = [b"\x08\x64".as_slice(), &nested(0x12, b"\x0a\x01e\x12\x01x")].concat();
    let span = [
        b"\x08\x01".as_slice(),
        b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x18\xe8\x07\x20\xd0\x0f",
        &nested(0x2a, reference),
        b"\x32\x02/a\x3a\x02db\x40\x01\x48\x07\x50\x05\x58\x01",
        &nested(0x62, tag),
        &nested(0x6a, &log),
        b"\x70\x01",
    ]
    .concat();
    [b"\x0a\x01t\x12\x01s".as_slice(), &nested(0x1a, &span), b"\x22\x03svc\x2a\x01i\x30\x01"]
        .concat()
}

fn pair(key: &str, value: &str) -> v3::KeyStringValuePair {
    v3::KeyStringValuePair { key: key.into(), value: value.into() }
}

fn segment() -> v3::SegmentObject {
    v3::SegmentObject {
        trace_id: "t".into(),
        trace_segment_id: "s".into(),
        spans: vec![v3::SpanObject {
            span_id: 1,
            parent_span_id: -1,
            start_time: 1000,
            end_time: 2000,
            refs: vec![v3::SegmentReference {
                ref_type: v3::RefType::CrossThread.into(),
                trace_id: "T".into(),
                parent_trace_segment_id: "P".into(),
                parent_span_id: 2,
                parent_service: "A".into(),
                parent_service_instance: "B".into(),
                parent_endpoint: "C".into(),
                network_address_used_at_peer: "D".into(),
            }],
            operation_name: "/a".into(),
            peer: "db".into(),
            span_type: v3::SpanType::Exit.into(),
            span_layer: v3::SpanLayer::GenAi.into(),
            component_id: 5,
            is_error: true,
            tags: vec![pair("k", "v")],
            logs: vec![v3::Log { time: 100, data: vec![pair("e", "x")] }],
            skip_analysis: true,
        }],
        service: "svc".into(),
        service_instance: "i".into(),
        is_size_limited: true,
    }
}

#[test]
fn a_segment_reads_and_writes_as_its_bytes() {
    let bytes = segment_bytes();
    assert_eq!(v3::SegmentObject::decode(bytes.as_slice()).unwrap(), segment());
    assert_eq!(segment().encode_to_vec(), bytes);
}

#[test]
fn management_messages_read_from_their_bytes() {
    let properties = b"\x0a\x01s\x12\x01i\x1a\x06\x0a\x01k\x12\x01v\x22\x04MESH";
    let properties = v3::InstanceProperties::decode(properties.as_slice()).unwrap();
    assert_eq!(properties.properties, [pair("k", "v")]);
    assert_eq!(properties.layer, "MESH");

    let ping = v3::InstancePingPkg::decode(b"\x0a\x01s\x12\x01i\x1a\x04MESH".as_slice()).unwrap();
    assert_eq!((ping.service_instance.as_str(), ping.layer.as_str()), ("i", "MESH"));
}

#[test]
fn the_load_of_the_processor_is_field_2() {
    // 2.0 as a little-endian double.
    let cpu = v3::Cpu::decode(b"\x11\0\0\0\0\0\0\0\x40".as_slice()).unwrap();
    assert_eq!(cpu.usage_percent, 2.0);
}

#[test]
fn payloads_share_the_buffer_they_came_in() {
    let message = Bytes::from_static(b"\x0a\x01t\x12\x03abc\x18\x01");
    let start = message.as_ptr();
    let data = v3::GoProfileData::decode(message).unwrap();
    assert_eq!(data.payload, "abc");
    assert_eq!(data.payload.as_ptr() as usize - start as usize, 5);
}
