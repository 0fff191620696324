//! A server that counts.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use skytrail_proto::v3::{
    Commands, InstancePingPkg, InstanceProperties, JvmMetricCollection, SegmentCollection,
    SegmentObject, jvm_metric_report_service_server as jvm,
    management_service_server as management, trace_segment_report_service_server as trace,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

/// What arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    /// Segments of streams that were acknowledged.
    pub(crate) segments: Vec<SegmentObject>,
    pub(crate) streams: u64,
    pub(crate) properties: Vec<InstanceProperties>,
    pub(crate) pings: Vec<InstancePingPkg>,
    pub(crate) jvm: Vec<JvmMetricCollection>,
    /// `authentication` of every call.
    pub(crate) tokens: Vec<Option<String>>,
}

/// A server that takes everything, except that it refuses the first streams.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    pub(crate) arrived: Arc<Mutex<Arrived>>,
    refuse_streams: u64,
    /// Segments received, refused ones too.
    received: Arc<watch::Sender<u64>>,
}

impl Sink {
    pub(crate) async fn start(refuse_streams: u64) -> (Self, SocketAddr) {
        let sink = Self {
            arrived: Arc::default(),
            refuse_streams,
            received: Arc::new(watch::channel(0).0),
        };
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder()
            .add_service(trace::TraceSegmentReportServiceServer::new(sink.clone()))
            .add_service(management::ManagementServiceServer::new(sink.clone()))
            .add_service(jvm::JvmMetricReportServiceServer::new(sink.clone()))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(server);
        (sink, address)
    }

    /// Returns once so many segments have been received.
    pub(crate) async fn received(&self, count: u64) {
        self.received.subscribe().wait_for(|received| *received >= count).await.unwrap();
    }

    fn note<T>(&self, request: &Request<T>) {
        let token = request.metadata().get("authentication");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        self.arrived.lock().unwrap().tokens.push(token);
    }
}

type Answer = Result<Response<Commands>, Status>;

fn done() -> Answer {
    Ok(Response::new(Commands::default()))
}

#[tonic::async_trait]
impl trace::TraceSegmentReportService for Sink {
    async fn collect(&self, request: Request<Streaming<SegmentObject>>) -> Answer {
        self.note(&request);
        let number = {
            let mut arrived = self.arrived.lock().unwrap();
            arrived.streams += 1;
            arrived.streams
        };
        let mut stream = request.into_inner();
        let mut segments = Vec::new();
        while let Some(segment) = stream.message().await? {
            segments.push(segment);
            self.received.send_modify(|received| *received += 1);
            if number <= self.refuse_streams {
                return Err(Status::unavailable("not yet"));
            }
        }
        self.arrived.lock().unwrap().segments.append(&mut segments);
        done()
    }

    async fn collect_in_sync(&self, _: Request<SegmentCollection>) -> Answer {
        Err(Status::unimplemented("agents stream"))
    }
}

#[tonic::async_trait]
impl management::ManagementService for Sink {
    async fn report_instance_properties(&self, request: Request<InstanceProperties>) -> Answer {
        self.note(&request);
        self.arrived.lock().unwrap().properties.push(request.into_inner());
        done()
    }

    async fn keep_alive(&self, request: Request<InstancePingPkg>) -> Answer {
        self.note(&request);
        self.arrived.lock().unwrap().pings.push(request.into_inner());
        done()
    }
}

#[tonic::async_trait]
impl jvm::JvmMetricReportService for Sink {
    async fn collect(&self, request: Request<JvmMetricCollection>) -> Answer {
        self.note(&request);
        self.arrived.lock().unwrap().jvm.push(request.into_inner());
        done()
    }
}
