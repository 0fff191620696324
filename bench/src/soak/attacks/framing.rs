//! HTTP/2 that breaks the rules of HTTP/2 or of gRPC.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::AsyncWriteExt;

use crate::soak::random::Random;
use crate::soak::target::{Reply, Target, throw};
use crate::wire::frames::{
    ACK, END_HEADERS, END_STREAM, Kind, call, call_headers, data, frame, head, header, hello,
    message,
};
use crate::wire::http::connect;

const COLLECT: &str = "/skywalking.v3.TraceSegmentReportService/collect";

/// A compressed body of so many zeros.
pub(super) fn gzip_of_zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        if encoder.write_all(&zeros).is_err() {
            break;
        }
    }
    encoder.finish().unwrap_or_default()
}

/// Bytes of any kind, after a preface or instead of it.
pub(super) async fn noise(target: Target, mut random: Random) -> Reply {
    let mut bytes = if random.below(2) == 0 { hello() } else { Vec::new() };
    let count = random.below(20_000);
    bytes.extend(random.bytes(count));
    throw(target.grpc, &bytes).await
}

/// Frames in places, of sizes and with flags where they must not be.
pub(super) async fn wrong_frames(target: Target, mut random: Random) -> Reply {
    let mut bytes = hello();
    for _ in 0..random.below(20) {
        match random.below(12) {
            0 => frame(&mut bytes, Kind::Headers, END_HEADERS, 0, &call_headers(COLLECT)),
            1 => frame(&mut bytes, Kind::Data, END_STREAM, 7, b"idle stream"),
            2 => frame(&mut bytes, Kind::PushPromise, END_HEADERS, 1, &[0, 0, 0, 2]),
            3 => frame(&mut bytes, Kind::WindowUpdate, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            4 => frame(&mut bytes, Kind::WindowUpdate, 0, 0, &[0, 0, 0, 0]),
            5 => frame(&mut bytes, Kind::Settings, ACK, 0, &[0; 6]),
            6 => frame(&mut bytes, Kind::Settings, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
            7 => frame(&mut bytes, Kind::Continuation, END_HEADERS, 3, b"out of the blue"),
            8 => head(&mut bytes, 0x00ff_ffff, Kind::Data as u8, 0, 1),
            9 => frame(&mut bytes, Kind::Headers, END_HEADERS | 8, 1, &[255, 1, 2]),
            10 => {
                let block = random.bytes(300);
                frame(&mut bytes, Kind::Headers, END_HEADERS, 1, &block);
            }
            _ => call(&mut bytes, 2, COLLECT),
        }
    }
    throw(target.grpc, &bytes).await
}

/// Few bytes that become many: 300 MiB, or a stream that breaks off, or a
/// compression nobody knows.
pub(super) async fn gzip_bomb(target: Target, mut random: Random) -> Reply {
    let (encoding, mut body) = match random.below(4) {
        0 => ("gzip", gzip_of_zeros(30 << 20)),
        1 => ("gzip", random.bytes(5000)),
        2 => ("zstd", gzip_of_zeros(1 << 20)),
        _ => ("gzip", gzip_of_zeros(300 << 20)),
    };
    if random.below(4) == 0 {
        body.truncate(body.len() / 2);
    }
    let mut block = call_headers(COLLECT);
    header(&mut block, b"grpc-encoding", encoding.as_bytes());
    let mut bytes = hello();
    frame(&mut bytes, Kind::Headers, END_HEADERS, 1, &block);
    data(&mut bytes, 1, &message(true, &body));
    hang_up(&mut bytes);
    throw(target.grpc, &bytes).await
}

/// Ends the call and says goodbye, so that the peer closes once it has answered.
fn hang_up(bytes: &mut Vec<u8>) {
    frame(bytes, Kind::Data, END_STREAM, 1, &[]);
    frame(bytes, Kind::GoAway, 0, 0, &[0; 8]);
}

/// Messages that promise more than they hold, up to 4 GiB.
pub(super) async fn lying_lengths(target: Target, mut random: Random) -> Reply {
    let mut bytes = hello();
    call(&mut bytes, 1, COLLECT);
    let promise: u32 = if random.below(2) == 0 { u32::MAX } else { 15 << 20 };
    let mut body = vec![0];
    body.extend_from_slice(&promise.to_be_bytes());
    body.extend(random.bytes(1000));
    data(&mut bytes, 1, &body);
    hang_up(&mut bytes);
    throw(target.grpc, &bytes).await
}

/// Calls that are given up as soon as they are made.
pub(super) async fn rapid_resets(target: Target, _: Random) -> Reply {
    let mut bytes = hello();
    for stream in (1..4001).step_by(2) {
        call(&mut bytes, stream, COLLECT);
        frame(&mut bytes, Kind::Reset, 0, stream, &[0, 0, 0, 8]);
    }
    throw(target.grpc, &bytes).await
}

/// Headers that go on and on.
pub(super) async fn endless_headers(target: Target, mut random: Random) -> Reply {
    let mut bytes = hello();
    let mut block = call_headers(COLLECT);
    let value = vec![b'v'; 4000];
    frame(&mut bytes, Kind::Headers, 0, 1, &block);
    for number in 0..2000 {
        block.clear();
        header(&mut block, format!("x-{number}").as_bytes(), &value);
        frame(&mut bytes, Kind::Continuation, 0, 1, &block);
    }
    if random.below(2) == 0 {
        frame(&mut bytes, Kind::Continuation, END_HEADERS, 1, &[]);
    }
    throw(target.grpc, &bytes).await
}

/// Pings, settings, and empty frames by the thousand, whose answers nobody reads.
pub(super) async fn control_floods(target: Target, mut random: Random) -> Reply {
    let mut bytes = hello();
    call(&mut bytes, 1, COLLECT);
    let kind = random.below(3);
    for number in 0..20_000_u64 {
        match kind {
            0 => frame(&mut bytes, Kind::Ping, 0, 0, &number.to_be_bytes()),
            1 => frame(&mut bytes, Kind::Settings, 0, 0, &[]),
            _ => frame(&mut bytes, Kind::Data, 0, 1, &[]),
        }
    }
    throw(target.grpc, &bytes).await
}

/// A hundred calls on one connection that say something and then never end.
pub(super) async fn never_half_closed(target: Target, mut random: Random) -> Reply {
    let Ok(mut stream) = connect(target.grpc).await else { return Reply::Unreachable };
    let mut bytes = hello();
    for number in 0..100_u32 {
        call(&mut bytes, number * 2 + 1, COLLECT);
        let segment = random.pick(&target.corpus).cloned().unwrap_or_default();
        data(&mut bytes, number * 2 + 1, &message(false, &segment));
    }
    if stream.write_all(&bytes).await.is_err() {
        return Reply::Closed;
    }
    // Silence is the attack. Then it hangs up without a word, in the middle of everything.
    tokio::time::sleep(Duration::from_secs(1 + random.below(20) as u64)).await;
    Reply::Silent
}
