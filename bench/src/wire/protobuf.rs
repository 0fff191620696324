//! Protobuf by hand.

/// Wire type of lengths followed by bytes.
pub const LEN: u8 = 2;

/// A variable-length number.
pub fn varint(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// A field of bytes.
pub fn field(into: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    varint(into, u64::from(number << 3 | u32::from(LEN)));
    varint(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

/// A field of a number.
pub fn number(into: &mut Vec<u8>, field: u32, value: u64) {
    varint(into, u64::from(field << 3));
    varint(into, value);
}

/// A `SegmentObject` that names itself, with whatever spans follow.
pub fn segment_head(service: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    field(&mut bytes, 1, b"00000000000000000000000000000001.1.1");
    field(&mut bytes, 2, b"00000000000000000000000000000001.1.2");
    field(&mut bytes, 4, service);
    field(&mut bytes, 5, b"instance");
    bytes
}

/// A segment of so many spans without a field in them: two bytes each on the
/// wire, hundreds in memory for who decodes them carelessly.
pub fn empty_spans(count: usize) -> Vec<u8> {
    let mut bytes = segment_head(b"bomb");
    bytes.reserve(count * 2);
    for _ in 0..count {
        bytes.extend_from_slice(&[3 << 3 | LEN, 0]);
    }
    bytes
}

/// A length-delimited group within a group, so many levels deep.
pub fn nested(depth: usize) -> Vec<u8> {
    let mut bytes = segment_head(b"deep");
    // Field 200 is unknown: its groups have to be skipped, one inside the other.
    for _ in 0..depth {
        varint(&mut bytes, 200 << 3 | 3);
    }
    for _ in 0..depth {
        varint(&mut bytes, 200 << 3 | 4);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use skytrail_proto::v3::SegmentObject;

    use super::{empty_spans, field, number, segment_head};

    #[test]
    fn what_is_written_by_hand_reads_back() {
        let mut bytes = segment_head(b"shop");
        let mut span = Vec::new();
        number(&mut span, 3, 1_700_000_000_000);
        field(&mut span, 6, b"/buy");
        field(&mut bytes, 3, &span);
        let segment = SegmentObject::decode(&bytes[..]).unwrap();
        assert_eq!((segment.service.as_str(), segment.spans.len()), ("shop", 1));
        assert_eq!(segment.spans[0].start_time, 1_700_000_000_000);
        assert_eq!(segment.spans[0].operation_name, "/buy");
        assert_eq!(SegmentObject::decode(&empty_spans(100)[..]).unwrap().spans.len(), 100);
    }
}
