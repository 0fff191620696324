//! The shared token.

use prost::Message;
use prost_types::FileDescriptorSet;
use skytrail_ingest::Config;
use skytrail_proto::v3;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::harness::{World, store};

fn paths() -> Vec<String> {
    let files = FileDescriptorSet::decode(skytrail_proto::FILE_DESCRIPTOR_SET).unwrap().file;
    let mut paths = Vec::new();
    for file in &files {
        let package = match file.package() {
            "" => String::new(),
            package => format!("{package}."),
        };
        for service in &file.service {
            for method in &service.method {
                paths.push(format!("/{package}{}/{}", service.name(), method.name()));
            }
        }
    }
    paths.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".into());
    paths
}

/// Calls any method with one empty message.
async fn call(channel: &Channel, path: &str, token: Option<&str>) -> Result<(), Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let mut request = Request::new(tokio_stream::iter([v3::Commands::default()]));
    if let Some(token) = token {
        request.metadata_mut().insert("authentication", MetadataValue::try_from(token).unwrap());
    }
    let codec = tonic_prost::ProstCodec::<v3::Commands, v3::Commands>::default();
    let mut answers = grpc.streaming(request, path.parse().unwrap(), codec).await?.into_inner();
    // Answers are of many types; only whether there is one counts.
    match answers.message().await {
        Err(status) if status.code() == Code::Internal => Ok(()),
        other => other.map(drop),
    }
}

#[tokio::test]
async fn every_method_asks_for_the_token() {
    let mut config = Config::default();
    config.auth.token = "secret".into();
    let world = World::start(&config, 1, store);
    let channel = world.channel().await;
    let paths = paths();
    assert!(paths.len() > 40);
    for path in &paths {
        for token in [None, Some("wrong"), Some("secre")] {
            let refused = call(&channel, path, token).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unauthenticated, "{path}");
            assert!(refused.message().contains("ingest.auth.token"), "{refused}");
        }
        let answer = call(&channel, path, Some("secret")).await;
        let code = answer.map_or_else(|status| status.code(), |()| Code::Ok);
        assert!(!matches!(code, Code::Unauthenticated | Code::Unimplemented), "{path}: {code:?}");
    }
    let mut health = HealthClient::new(channel);
    health.check(HealthCheckRequest::default()).await.unwrap();
    let text = world.registry.encode();
    let line =
        format!("skytrail_ingest_unauthenticated_total{{port=\"grpc\"}} {}", paths.len() * 3);
    assert!(text.contains(&line), "{text}");
}
