//! Every method of every service, and what it does.

use skytrail_base::account::Signal;

use crate::frame::Kind;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// A stream of segments.
    Segments,
    /// One collection of segments.
    Collection,
    /// One report.
    Report(Kind),
    /// Asks for profile tasks.
    ProfileTasks,
    /// Asks for configuration.
    Configuration,
    /// Asks for something that there never is.
    Nothing,
    /// Messages, one or a stream, that are counted and not kept.
    Ignore(Signal),
    /// An upload that is announced and answered before its content comes.
    Decline(Signal),
}

/// One method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) service: &'static str,
    pub(super) name: &'static str,
    pub(super) call: Call,
}

macro_rules! methods {
    ($($service:literal { $($name:literal => $call:expr),* $(,)? })*) => {
        &[$($(Method { service: $service, name: $name, call: $call },)*)*]
    };
}

use Call::{Collection, Configuration, Decline, Ignore, Nothing, ProfileTasks, Report, Segments};

/// The methods. A service without a package is the one that older agents call.
pub(super) static METHODS: &[Method] = methods! {
    "skywalking.v3.TraceSegmentReportService" {
        "collect" => Segments,
        "collectInSync" => Collection,
    }
    "TraceSegmentReportService" {
        "collect" => Segments,
        "collectInSync" => Collection,
    }
    "skywalking.v3.ManagementService" {
        "reportInstanceProperties" => Report(Kind::Properties),
        "keepAlive" => Report(Kind::KeepAlive),
    }
    "ManagementService" {
        "reportInstanceProperties" => Report(Kind::Properties),
        "keepAlive" => Report(Kind::KeepAlive),
    }
    "skywalking.v3.JVMMetricReportService" { "collect" => Report(Kind::Jvm) }
    "JVMMetricReportService" { "collect" => Report(Kind::Jvm) }
    "skywalking.v3.ConfigurationDiscoveryService" { "fetchConfigurations" => Configuration }
    "skywalking.v3.ProfileTask" {
        "getProfileTaskCommands" => ProfileTasks,
        "collectSnapshot" => Ignore(Signal::Profile),
        "goProfileReport" => Ignore(Signal::Profile),
        "reportTaskFinish" => Ignore(Signal::Profile),
    }
    "ProfileTask" {
        "getProfileTaskCommands" => ProfileTasks,
        "collectSnapshot" => Ignore(Signal::Profile),
        "reportTaskFinish" => Ignore(Signal::Profile),
    }
    "skywalking.v10.AsyncProfilerTask" {
        "collect" => Decline(Signal::Profile),
        "getAsyncProfilerTaskCommands" => Nothing,
    }
    "skywalking.v10.PprofTask" {
        "collect" => Decline(Signal::Profile),
        "getPprofTaskCommands" => Nothing,
    }
    "skywalking.v3.SpanAttachedEventReportService" { "collect" => Ignore(Signal::SpanEvent) }
    "skywalking.v3.CLRMetricReportService" { "collect" => Ignore(Signal::Clr) }
    "CLRMetricReportService" { "collect" => Ignore(Signal::Clr) }
    "skywalking.v3.MeterReportService" {
        "collect" => Ignore(Signal::Meter),
        "collectBatch" => Ignore(Signal::Meter),
    }
    "MeterReportService" { "collect" => Ignore(Signal::Meter) }
    "skywalking.v3.LogReportService" { "collect" => Ignore(Signal::Log) }
    "skywalking.v3.EventService" { "collect" => Ignore(Signal::Event) }
    "skywalking.v3.BrowserPerfService" {
        "collectPerfData" => Ignore(Signal::Browser),
        "collectWebVitalsPerfData" => Ignore(Signal::Browser),
        "collectResourcePerfData" => Ignore(Signal::Browser),
        "collectWebInteractionsPerfData" => Ignore(Signal::Browser),
        "collectErrorLogs" => Ignore(Signal::Browser),
    }
    "BrowserPerfService" {
        "collectPerfData" => Ignore(Signal::Browser),
        "collectErrorLogs" => Ignore(Signal::Browser),
    }
    "skywalking.v3.EBPFProcessService" {
        "reportProcesses" => Ignore(Signal::Ebpf),
        "keepAlive" => Ignore(Signal::Ebpf),
    }
    "skywalking.v3.EBPFProfilingService" {
        "queryTasks" => Nothing,
        "collectProfilingData" => Ignore(Signal::Ebpf),
    }
    "skywalking.v3.ContinuousProfilingService" {
        "queryPolicies" => Nothing,
        "reportProfilingTask" => Ignore(Signal::Ebpf),
    }
    "skywalking.v3.EBPFAccessLogService" { "collect" => Ignore(Signal::Ebpf) }
    "skywalking.v3.ServiceMeshMetricService" { "collect" => Ignore(Signal::Mesh) }
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    use super::METHODS;

    #[test]
    fn every_method_of_the_protocol_is_served_and_no_other() {
        let files = FileDescriptorSet::decode(skytrail_proto::FILE_DESCRIPTOR_SET).unwrap().file;
        let mut declared = BTreeSet::new();
        for file in files.iter().filter(|file| !file.package().starts_with("opentelemetry.")) {
            for service in &file.service {
                for method in &service.method {
                    let package = match file.package() {
                        "" => String::new(),
                        package => format!("{package}."),
                    };
                    declared.insert(format!("{package}{}/{}", service.name(), method.name()));
                }
            }
        }
        let served: BTreeSet<_> =
            METHODS.iter().map(|method| format!("{}/{}", method.service, method.name)).collect();
        assert_eq!(served, declared);
        assert_eq!(served.len(), METHODS.len());
    }
}
