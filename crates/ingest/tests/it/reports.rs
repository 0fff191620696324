//! What instances say about themselves, and what they ask.

use skytrail_base::account::Signal;
use skytrail_ingest::Config;
use skytrail_proto::v3::configuration_discovery_service_client::ConfigurationDiscoveryServiceClient;
use skytrail_proto::v3::jvm_metric_report_service_client::JvmMetricReportServiceClient;
use skytrail_proto::v3::management_service_client::ManagementServiceClient;
use skytrail_proto::v3::profile_task_client::ProfileTaskClient;
use skytrail_proto::{compat, v3};
use tonic::Code;

use crate::harness::{World, count, store};

#[tokio::test]
async fn reports_come_out_in_the_batch_of_their_service() {
    let world = World::start(&Config::default(), 3, store);
    let channel = world.channel().await;
    let mut management = ManagementServiceClient::new(channel.clone());
    let pair =
        |key: &str, value: &str| v3::KeyStringValuePair { key: key.into(), value: value.into() };
    let properties = v3::InstanceProperties {
        service: "shop".into(),
        service_instance: "i".into(),
        properties: vec![pair("ipv4", "10.0.0.1"), pair("language", "rust")],
        layer: String::new(),
    };
    management.report_instance_properties(properties).await.unwrap();
    let ping = v3::InstancePingPkg {
        service: "shop".into(),
        service_instance: "i".into(),
        layer: "FAAS".into(),
    };
    let mut older =
        compat::management_service_client::ManagementServiceClient::new(channel.clone());
    older.keep_alive(ping).await.unwrap();
    let mut jvm = JvmMetricReportServiceClient::new(channel.clone());
    let metric = v3::JvmMetric {
        time: 1_700_000_000_000,
        cpu: Some(v3::Cpu { usage_percent: 12.5 }),
        gc: vec![v3::Gc { phase: 1, count: 2, time: 30 }],
        ..Default::default()
    };
    let report = v3::JvmMetricCollection {
        metrics: vec![metric],
        service: "shop".into(),
        service_instance: "i".into(),
    };
    jvm.collect(report.clone()).await.unwrap();
    let mut older =
        compat::jvm_metric_report_service_client::JvmMetricReportServiceClient::new(channel);
    older.collect(report).await.unwrap();

    assert_eq!(world.totals(Signal::Management).stored, count(2, 0));
    assert_eq!(world.totals(Signal::Jvm).stored, count(2, 0));
    let batches = world.batches.lock();
    let shards: std::collections::BTreeSet<_> = batches.iter().map(|batch| batch.shard).collect();
    assert_eq!(shards.len(), 1, "one service is one shard");
    let instances: Vec<_> = batches.iter().flat_map(|batch| &batch.instances).collect();
    assert_eq!(instances[0].layer.name(), "GENERAL");
    assert_eq!(instances[0].properties[1], ("ipv4s".to_owned(), "10.0.0.1".to_owned()));
    assert_eq!((instances[1].layer.name(), instances[1].properties.len()), ("FAAS", 0));
    let sample = &batches.iter().flat_map(|batch| &batch.jvm).next().unwrap().samples[0];
    assert_eq!((sample.time, sample.cpu_percent), (1_700_000_000_000_000_000, 12.5));
    assert_eq!(sample.collections[0].time_ms, 30);
}

#[tokio::test]
async fn a_report_over_a_limit_is_refused_and_counted() {
    let mut config = Config::default();
    config.report.max_samples = 2;
    let world = World::start(&config, 1, store);
    let mut jvm = JvmMetricReportServiceClient::new(world.channel().await);
    let metrics = vec![v3::JvmMetric::default(); 3];
    let refused = jvm.collect(v3::JvmMetricCollection { metrics, ..Default::default() }).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "jvm report refused: samples 3 exceeds ingest.report.max_samples (2)"
    );
    assert_eq!(world.account.refused(Signal::Jvm), vec![("samples", 1, 0)]);
}

#[tokio::test]
async fn questions_for_commands_are_answered_from_their_source() {
    let world = World::start(&Config::default(), 1, store);
    let channel = world.channel().await;
    let mut profile = ProfileTaskClient::new(channel.clone());
    let query = |service: &str| v3::ProfileTaskCommandQuery {
        service: service.into(),
        service_instance: "i".into(),
        last_command_time: 5,
    };
    let commands = profile.get_profile_task_commands(query("watched")).await.unwrap().into_inner();
    assert_eq!(commands.commands[0].command, "ProfileTaskQuery");
    let arguments: Vec<_> = commands.commands[0]
        .args
        .iter()
        .map(|pair| (pair.key.as_str(), pair.value.as_str()))
        .collect();
    assert_eq!(arguments, [("Instance", "i"), ("After", "5")]);
    let none = profile.get_profile_task_commands(query("other")).await.unwrap().into_inner();
    assert_eq!(none.commands, vec![]);
    let mut configuration = ConfigurationDiscoveryServiceClient::new(channel);
    let query = v3::ConfigurationSyncRequest { service: "watched".into(), uuid: "u".into() };
    let commands = configuration.fetch_configurations(query).await.unwrap().into_inner().commands;
    assert_eq!(commands[0].args[0].value, "not u");
}
