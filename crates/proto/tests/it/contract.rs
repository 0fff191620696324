//! Every service, method, message, field and enum value against the list of the protocol's facts.

use std::collections::BTreeSet;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};

/// One fact a line, as [`facts`] prints them.
const CONTRACT: &str = include_str!("contract.txt");

#[test]
fn descriptors_state_exactly_the_facts_of_the_protocol() {
    let ours = facts(skytrail_proto::FILE_DESCRIPTOR_SET);
    let expected: BTreeSet<String> = CONTRACT.lines().map(str::to_owned).collect();

    let missing: Vec<_> = expected.difference(&ours).collect();
    let surplus: Vec<_> = ours.difference(&expected).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing {missing:#?}\nnot in the protocol {surplus:#?}"
    );
}

/// Services that agents before SkyWalking 8 call without a package.
const WITHOUT_PACKAGE: [&str; 7] = [
    "BrowserPerfService",
    "CLRMetricReportService",
    "JVMMetricReportService",
    "ManagementService",
    "MeterReportService",
    "ProfileTask",
    "TraceSegmentReportService",
];

#[test]
fn services_without_a_package_are_those_of_older_agents_and_equal_the_newer_ones() {
    let ours = facts(skytrail_proto::FILE_DESCRIPTOR_SET);
    let methods = |prefix: &str| -> BTreeSet<String> {
        let own = ours.iter().filter_map(|fact| fact.strip_prefix("rpc /")?.strip_prefix(prefix));
        own.map(str::to_owned).collect()
    };
    let old: BTreeSet<String> = methods("")
        .into_iter()
        .filter(|method| {
            !method.starts_with("skywalking.") && !method.starts_with("opentelemetry.")
        })
        .collect();
    let names: BTreeSet<&str> = old.iter().filter_map(|method| method.split('/').next()).collect();
    assert_eq!(names, BTreeSet::from(WITHOUT_PACKAGE));
    let new = methods("skywalking.v3.");
    let surplus: Vec<_> = old.difference(&new).collect();
    assert!(surplus.is_empty(), "differ from those of skywalking.v3: {surplus:#?}");
}

fn facts(descriptors: &[u8]) -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(descriptors).unwrap();
    let mut facts = BTreeSet::new();
    for file in set.file {
        let package = file.package.as_deref().map_or(String::new(), |name| format!("{name}."));
        for service in &file.service {
            add_service(&mut facts, &package, service);
        }
        for message in &file.message_type {
            add_message(&mut facts, &package, message);
        }
        for enumeration in &file.enum_type {
            add_enum(&mut facts, &package, enumeration);
        }
    }
    facts
}

fn add_service(facts: &mut BTreeSet<String>, package: &str, service: &ServiceDescriptorProto) {
    for method in &service.method {
        let stream = |is_stream| if is_stream { "stream " } else { "" };
        facts.insert(format!(
            "rpc /{package}{}/{}: {}{} -> {}{}",
            service.name(),
            method.name(),
            stream(method.client_streaming()),
            method.input_type(),
            stream(method.server_streaming()),
            method.output_type(),
        ));
    }
}

fn add_message(facts: &mut BTreeSet<String>, scope: &str, message: &DescriptorProto) {
    let name = format!("{scope}{}", message.name());
    facts.insert(format!("message {name}"));
    for field in &message.field {
        facts.insert(format!("field {name}.{}", describe(message, field)));
    }
    for nested in &message.nested_type {
        add_message(facts, &format!("{name}."), nested);
    }
    for enumeration in &message.enum_type {
        add_enum(facts, &format!("{name}."), enumeration);
    }
}

/// For example `spans = 3: repeated .skywalking.v3.SpanObject`.
fn describe(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let kind = match field.r#type() {
        Type::Message | Type::Enum => field.type_name().to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    let repeated = if field.label() == Label::Repeated { "repeated " } else { "" };
    let choice = field.oneof_index.map_or(String::new(), |index| {
        format!(" in {}", message.oneof_decl[index as usize].name())
    });
    format!(
        "{} = {}: {repeated}{kind}{choice} as {}",
        field.name(),
        field.number(),
        field.json_name()
    )
}

fn add_enum(facts: &mut BTreeSet<String>, scope: &str, enumeration: &EnumDescriptorProto) {
    for value in &enumeration.value {
        facts.insert(format!(
            "enum {scope}{}.{} = {}",
            enumeration.name(),
            value.name(),
            value.number()
        ));
    }
}
