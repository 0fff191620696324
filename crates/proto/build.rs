//! Compiles the `.proto` files of this crate, without protoc, to messages, clients and servers.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use protox::prost::Message as _;

use tonic_prost_build::{FileDescriptorSet, manual};

const ROOT: &str = "proto";

/// Every file that declares a service; what they import comes along.
const FILES: &[&str] = &[
    "opentelemetry/proto/collector/trace/v1/trace_service.proto",
    "skywalking/v3/browser.proto",
    "skywalking/v3/clr.proto",
    "skywalking/v3/configuration.proto",
    "skywalking/v3/ebpf_access_log.proto",
    "skywalking/v3/ebpf_process.proto",
    "skywalking/v3/ebpf_profiling.proto",
    "skywalking/v3/event.proto",
    "skywalking/v3/jvm.proto",
    "skywalking/v3/logging.proto",
    "skywalking/v3/management.proto",
    "skywalking/v3/mesh.proto",
    "skywalking/v3/meter.proto",
    "skywalking/v3/profile.proto",
    "skywalking/v3/tracing.proto",
    "skywalking/v10/async_profiler.proto",
    "skywalking/v10/pprof.proto",
    "skywalking/compat/compat.proto",
];

/// The messages of the HTTP routes with all that they contain.
#[cfg(feature = "json")]
const JSON: &[&str] = &[
    ".skywalking.v3.BrowserErrorLog",
    ".skywalking.v3.BrowserPerfData",
    ".skywalking.v3.BrowserResourcePerfData",
    ".skywalking.v3.BrowserWebInteractionsPerfData",
    ".skywalking.v3.BrowserWebVitalsPerfData",
    ".skywalking.v3.Command",
    ".skywalking.v3.Commands",
    ".skywalking.v3.ErrorCategory",
    ".skywalking.v3.Event",
    ".skywalking.v3.InstancePingPkg",
    ".skywalking.v3.InstanceProperties",
    ".skywalking.v3.JSONLog",
    ".skywalking.v3.KeyStringValuePair",
    ".skywalking.v3.Log",
    ".skywalking.v3.LogData",
    ".skywalking.v3.LogDataBody",
    ".skywalking.v3.LogTags",
    ".skywalking.v3.RefType",
    ".skywalking.v3.SegmentObject",
    ".skywalking.v3.SegmentReference",
    ".skywalking.v3.Source",
    ".skywalking.v3.SpanLayer",
    ".skywalking.v3.SpanObject",
    ".skywalking.v3.SpanType",
    ".skywalking.v3.TextLog",
    ".skywalking.v3.TraceContext",
    ".skywalking.v3.Type",
    ".skywalking.v3.YAMLLog",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROOT}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let descriptors = protox::compile(FILES, [ROOT])?;

    write_descriptors(descriptors.clone(), &out.join("contracts.fds"))?;
    #[cfg(feature = "json")]
    write_json(&descriptors)?;
    let (otlp, skywalking) = apart(descriptors);
    let otlp_out = out.join("otlp");
    fs::create_dir_all(&otlp_out)?;
    generator().out_dir(&otlp_out).include_file(OTLP_TREE).compile_fds(otlp)?;
    generator().compile_fds(skywalking)?;
    if cfg!(feature = "client") {
        write_raw(&out)?;
    }
    Ok(())
}

/// The file that nests the modules of OpenTelemetry as its packages are nested.
const OTLP_TREE: &str = "packages.rs";

/// The files of OpenTelemetry and the others.
fn apart(descriptors: FileDescriptorSet) -> (FileDescriptorSet, FileDescriptorSet) {
    let (otlp, other) =
        descriptors.file.into_iter().partition(|file| file.package().starts_with("opentelemetry."));
    (FileDescriptorSet { file: otlp }, FileDescriptorSet { file: other })
}

fn generator() -> tonic_prost_build::Builder {
    tonic_prost_build::configure()
        .bytes(".")
        .build_client(cfg!(feature = "client"))
        .build_server(cfg!(feature = "server"))
        .build_transport(false)
}

/// Leaves out the comments, which reflection clients do not show and the binary need not carry.
fn write_descriptors(
    mut descriptors: FileDescriptorSet,
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    fs::write(path, descriptors.encode_to_vec())?;
    Ok(())
}

#[cfg(feature = "json")]
fn write_json(descriptors: &FileDescriptorSet) -> Result<(), Box<dyn Error>> {
    let mut builder = pbjson_build::Builder::new();
    for file in &descriptors.file {
        // The generator knows no files without a package; ours declare no messages.
        if file.package.is_some() && !file.package().starts_with("opentelemetry.") {
            builder.register_file_descriptor(file.clone());
        }
    }
    builder.ignore_unknown_fields().ignore_unknown_enum_variants().build(JSON)?;
    Ok(())
}

/// The client of the segment service a second time, for messages encoded before.
fn write_raw(out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = out.join("raw");
    fs::create_dir_all(&folder)?;
    let method = |name, route, comment| {
        manual::Method::builder()
            .name(name)
            .route_name(route)
            .comment(comment)
            .input_type("bytes::Bytes")
            .output_type("crate::v3::Commands")
            .codec_path("crate::raw::BytesClientCodec")
    };
    let collect = method("collect", "collect", " Every message is one `SegmentObject`.");
    let in_sync =
        method("collect_in_sync", "collectInSync", " The message is one `SegmentCollection`.");
    let service = manual::Service::builder()
        .name("TraceSegmentReportService")
        .package("skywalking.v3")
        .comment(" Trace segments of language agents, encoded before.")
        .method(collect.client_streaming().build())
        .method(in_sync.build())
        .build();
    manual::Builder::new()
        .build_server(false)
        .build_transport(false)
        .out_dir(folder)
        .compile(&[service]);
    Ok(())
}
