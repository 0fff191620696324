//! Services whose data is not kept yet, health and reflection.

use skytrail_base::account::Signal;
use skytrail_ingest::Config;
use skytrail_proto::v3::event_service_client::EventServiceClient;
use skytrail_proto::v3::log_report_service_client::LogReportServiceClient;
use skytrail_proto::v3::service_mesh_metric_service_client::ServiceMeshMetricServiceClient;
use skytrail_proto::v10::async_profiler_task_client::AsyncProfilerTaskClient;
use skytrail_proto::v10::pprof_task_client::PprofTaskClient;
use skytrail_proto::{v3, v10};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::harness::{World, store};

#[tokio::test]
async fn what_is_not_kept_is_accepted_and_counted() {
    let world = World::start(&Config::default(), 1, store);
    let channel = world.channel().await;
    let mut logs = LogReportServiceClient::new(channel.clone());
    logs.collect(tokio_stream::iter(vec![v3::LogData::default(); 3])).await.unwrap();
    let mut events = EventServiceClient::new(channel.clone());
    events.collect(tokio_stream::iter(vec![v3::Event::default(); 2])).await.unwrap();
    let mut mesh = ServiceMeshMetricServiceClient::new(channel.clone());
    mesh.collect(tokio_stream::iter([v3::ServiceMeshMetrics::default()])).await.unwrap();
    for (signal, messages) in [(Signal::Log, 3), (Signal::Event, 2), (Signal::Mesh, 1)] {
        assert_eq!(world.account.dropped(signal), vec![("not_supported", messages, 0)]);
    }
    let mut pprof = PprofTaskClient::new(channel);
    let query = v10::PprofTaskCommandQuery::default();
    let none = pprof.get_pprof_task_commands(query).await.unwrap().into_inner();
    assert_eq!(none.commands, vec![]);
}

#[tokio::test]
async fn an_upload_is_declined_before_its_content_is_sent() {
    let world = World::start(&Config::default(), 1, store);
    let mut profiler = AsyncProfilerTaskClient::new(world.channel().await);
    let announcement = v10::AsyncProfilerData::default();
    let stream =
        futures_util::StreamExt::chain(tokio_stream::iter([announcement]), tokio_stream::pending());
    let mut answers = profiler.collect(stream).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!(answer.r#type(), v10::AsyncProfilingStatus::TerminatedByOversize);
    assert_eq!(world.account.dropped(Signal::Profile), vec![("not_supported", 1, 0)]);
}

#[tokio::test]
async fn health_and_reflection_answer_and_other_services_do_not_exist() {
    let world = World::start(&Config::default(), 1, store);
    let channel = world.channel().await;
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "skywalking.v3.TraceSegmentReportService", "ManagementService"] {
        let answer = health.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        assert_eq!(answer.into_inner().status, 1, "{service}");
    }
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = reflection
        .server_reflection_info(tokio_stream::iter([request]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.contains(&"skywalking.v3.ManagementService".to_owned()), "{names:?}");

    let mut grpc = tonic::client::Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/opentelemetry.Trace/Export");
    let codec = tonic_prost::ProstCodec::<v3::Commands, v3::Commands>::default();
    let request = tonic::Request::new(v3::Commands::default());
    let missing = grpc.unary(request, path, codec).await.unwrap_err();
    assert_eq!(missing.code(), Code::Unimplemented);
}
