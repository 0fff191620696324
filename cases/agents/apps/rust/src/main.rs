//! The stock service: the last hop of the chain, traced with the published Rust crate.
//!
//! Answers `GET /reserve` with 200, and with 500 when the query holds `fail=1`.

use skywalking::{
    management::{instance::Properties, manager::Manager},
    reporter::grpc::GrpcReporter,
    trace::{propagation::decoder::decode_propagation, span::HandleSpanObject, tracer::Tracer},
};
use std::{collections::HashMap, env, error::Error, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
};

/// Longest request head taken, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let collector = format!("http://{}", env::var("SW_AGENT_COLLECTOR_BACKEND_SERVICES")?);
    let service = env::var("SW_AGENT_NAME")?;
    let instance = env::var("SW_AGENT_INSTANCE_NAME")?;
    let listener = TcpListener::bind(("127.0.0.1", env::var("PORT")?.parse::<u16>()?)).await?;

    let reporter = GrpcReporter::connect(collector).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let reporting = reporter
        .reporting()
        .await
        .with_graceful_shutdown(async move {
            terminate.recv().await;
        })
        .spawn();
    Manager::new(&service, &instance, reporter.clone()).report_and_keep_alive(
        || {
            let mut properties = Properties::default();
            properties.insert_os_info();
            properties
        },
        Duration::from_secs(3),
        10,
    );
    let tracer = Tracer::new(service, instance, reporter);

    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tracer = tracer.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(stream, tracer).await {
                    eprintln!("request failed: {error}");
                }
            });
        }
    });
    reporting.await?;
    Ok(())
}

/// One request per connection: reads the head, answers, closes.
async fn serve(stream: TcpStream, tracer: Tracer) -> Result<(), Failure> {
    let peer = stream.peer_addr()?.to_string();
    let mut stream = BufReader::new(stream);
    let (target, headers) = read_head(&mut stream).await?;
    let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
    if path == "/health" {
        return answer(&mut stream, 200).await;
    }
    let status = if query.contains("fail=1") { 500 } else { 200 };
    trace(&tracer, path, &headers, &peer, status);
    answer(&mut stream, status).await
}

/// The entry span with its local child; the segment is reported when the context is dropped.
fn trace(tracer: &Tracer, path: &str, headers: &HashMap<String, String>, peer: &str, status: u16) {
    let mut context = tracer.create_trace_context();
    let mut entry = match headers.get("sw8").and_then(|value| decode_propagation(value).ok()) {
        Some(parent) => context.create_entry_span_with_propagation(path, &parent),
        None => context.create_entry_span(path),
    };
    entry.span_object_mut().peer = peer.to_owned();
    entry.add_tag("http.method", "GET");
    entry.add_tag("http.status_code", status.to_string());
    if status >= 400 {
        entry.span_object_mut().is_error = true;
        entry.add_log([("event", "error"), ("message", "no stock left")]);
    }
    drop(context.create_local_span("stock/lock"));
}

async fn read_head(
    stream: &mut BufReader<TcpStream>,
) -> Result<(String, HashMap<String, String>), Failure> {
    let mut line = String::new();
    let mut taken = stream.read_line(&mut line).await?;
    let target = line.split(' ').nth(1).ok_or("request line without a target")?.to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        taken += stream.read_line(&mut line).await?;
        if taken > HEAD_LIMIT {
            return Err("request head over its limit".into());
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            None => return Ok((target, headers)),
        }
    }
}

async fn answer(stream: &mut BufReader<TcpStream>, status: u16) -> Result<(), Failure> {
    let reason = if status == 200 { "OK" } else { "Internal Server Error" };
    let head =
        format!("HTTP/1.1 {status} {reason}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await?;
    Ok(())
}
