//! Operations on data that this version does not keep (logs, events, alarms, profiles, processes):
//! they answer as a server does that has received none.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::Sources;
use crate::graphql::{Answer, Out, Resolved, Root, Written};

/// An answer that is always the same.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fixed {
    /// A list without elements.
    Nothing,
    /// An absent value.
    Null,
    No,
    Zero,
    Text(&'static str),
    /// Fields that are not named are null.
    Object(&'static [(&'static str, Fixed)]),
}

use Fixed::{No, Nothing, Null, Object, Text, Zero};

impl Answer for Fixed {
    fn write(&self, out: Out<'_>) -> Written {
        match self {
            Nothing => out.list::<Self>([]),
            Null => out.null(),
            No => out.boolean(false),
            Zero => out.integer(0),
            Text(text) => out.text(text),
            Object(fields) => out.object(&|field| {
                let known = fields.iter().find(|(name, _)| *name == field.name());
                field.put(&known.map(|(_, value)| value))
            }),
        }
    }
}

/// Resolves to `value` whatever is asked.
pub(super) fn fixed<'a>(value: Fixed) -> BoxFuture<'a, Resolved> {
    let value: Resolved = Ok(Box::new(value));
    ready(value).boxed()
}

const LOGS: Fixed = Object(&[("logs", Nothing)]);
const MESSAGES: Fixed = Object(&[("msgs", Nothing)]);
const TASKS: Fixed = Object(&[("tasks", Nothing)]);
const TREES: Fixed = Object(&[("trees", Nothing)]);
const GRAPH: Fixed = Object(&[("nodes", Nothing), ("calls", Nothing)]);
const NO_PODS: &str = "reading logs from pods is not supported by this version";
const PROGRESS: Fixed =
    Object(&[("logs", Nothing), ("errorInstanceIds", Nothing), ("successInstanceIds", Nothing)]);

pub(super) static QUERY: &[Root<Sources>] = &[
    // Logs.
    Root::new("supportQueryLogsByKeywords", |_, _| fixed(No)),
    Root::new("queryLogs", |_, _| fixed(LOGS)),
    Root::new("queryLogsByName", |_, _| fixed(LOGS)),
    Root::new("queryLogTagAutocompleteKeys", |_, _| fixed(Nothing)),
    Root::new("queryLogTagAutocompleteValues", |_, _| fixed(Nothing)),
    Root::new("queryBrowserErrorLogs", |_, _| fixed(LOGS)),
    Root::new("listContainers", |_, _| {
        fixed(Object(&[("errorReason", Text(NO_PODS)), ("containers", Nothing)]))
    }),
    Root::new("ondemandPodLogs", |_, _| {
        fixed(Object(&[("errorReason", Text(NO_PODS)), ("logs", Nothing)]))
    }),
    // Events.
    Root::new("queryEvents", |_, _| fixed(Object(&[("events", Nothing)]))),
    // Alarms.
    Root::new("getAlarm", |_, _| fixed(MESSAGES)),
    Root::new("queryAlarms", |_, _| fixed(MESSAGES)),
    Root::new("queryAlarmTagAutocompleteKeys", |_, _| fixed(Nothing)),
    Root::new("queryAlarmTagAutocompleteValues", |_, _| fixed(Nothing)),
    // Processes.
    Root::new("listProcesses", |_, _| fixed(Nothing)),
    Root::new("getProcess", |_, _| fixed(Null)),
    Root::new("estimateProcessScale", |_, _| fixed(Zero)),
    Root::new("getProcessTopology", |_, _| fixed(GRAPH)),
    Root::new("getProcessTopologyByName", |_, _| fixed(GRAPH)),
    // Profiles.
    Root::new("getProfileTaskList", |_, _| fixed(Nothing)),
    Root::new("getProfileTaskLogs", |_, _| fixed(Nothing)),
    Root::new("getProfileTaskSegments", |_, _| fixed(Nothing)),
    Root::new("getSegmentsProfileAnalyze", |_, _| fixed(TREES)),
    Root::new("queryAsyncProfilerTaskList", |_, _| fixed(TASKS)),
    Root::new("queryAsyncProfilerTaskProgress", |_, _| fixed(PROGRESS)),
    Root::new("queryAsyncProfilerAnalyze", |_, _| fixed(Object(&[]))),
    Root::new("queryPprofTaskList", |_, _| fixed(TASKS)),
    Root::new("queryPprofTaskProgress", |_, _| fixed(PROGRESS)),
    Root::new("queryPprofAnalyze", |_, _| fixed(Object(&[]))),
    Root::new("queryPrepareCreateEBPFProfilingTaskData", |_, _| {
        fixed(Object(&[("couldProfiling", No), ("processLabels", Nothing)]))
    }),
    Root::new("queryEBPFProfilingTasks", |_, _| fixed(Nothing)),
    Root::new("queryEBPFProfilingSchedules", |_, _| fixed(Nothing)),
    Root::new("analysisEBPFProfilingResult", |_, _| fixed(TREES)),
    Root::new("queryContinuousProfilingServiceTargets", |_, _| fixed(Nothing)),
    Root::new("queryContinuousProfilingMonitoringInstances", |_, _| fixed(Nothing)),
];
