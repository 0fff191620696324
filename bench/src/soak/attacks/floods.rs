//! Connections by the hundred.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::soak::random::Random;
use crate::soak::target::{Reply, Target};
use crate::wire::frames::{call, hello};

/// Connections of one flood.
const COUNT: usize = 300;

/// A connection that is reset when it is dropped, which also leaves no port
/// behind that has to cool down.
async fn connect(port: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_zero_linger()?;
    socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Connections that are reset as soon as they stand, some in the middle of a word.
pub(super) async fn resets(target: Target, mut random: Random) -> Reply {
    let mut connections = JoinSet::new();
    for _ in 0..COUNT {
        let ports = [target.grpc, target.rest, target.telemetry];
        let port = random.pick(&ports).copied().unwrap_or(target.grpc);
        let says_something = random.below(2) == 0;
        connections.spawn(async move {
            let mut stream = connect(port).await?;
            if says_something {
                stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM").await?;
            }
            std::io::Result::Ok(())
        });
    }
    ended(connections).await
}

/// Connections that open a call and hang up.
pub(super) async fn churn(target: Target, mut random: Random) -> Reply {
    let mut connections = JoinSet::new();
    for _ in 0..COUNT {
        let wait = Duration::from_millis(random.below(200) as u64);
        let port = target.grpc;
        connections.spawn(async move {
            let mut stream = connect(port).await?;
            let mut bytes = hello();
            call(&mut bytes, 1, "/skywalking.v3.TraceSegmentReportService/collect");
            stream.write_all(&bytes).await?;
            tokio::time::sleep(wait).await;
            std::io::Result::Ok(())
        });
    }
    ended(connections).await
}

async fn ended(mut connections: JoinSet<std::io::Result<()>>) -> Reply {
    let mut stood = 0;
    while let Some(result) = connections.join_next().await {
        stood += usize::from(matches!(result, Ok(Ok(()))));
    }
    if stood == 0 { Reply::Unreachable } else { Reply::Closed }
}
