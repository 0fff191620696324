//! Operations that would start something which this version does not do: they say so, in the field
//! that the protocol has for it where there is one.

use futures_util::FutureExt;
use futures_util::future::ready;

use super::Sources;
use super::empty::Fixed::{self, No, Object, Text};
use super::empty::fixed;
use crate::graphql::{Code, FieldError, Root};

const NO_PROFILING: &str = "profiling is not supported by this version";

/// Answer of mutations that have only a reason.
const REASON: Fixed = Object(&[("errorReason", Text(NO_PROFILING))]);

/// Answer of mutations that have a status as well.
const STATUS: Fixed = Object(&[("status", No), ("errorReason", Text(NO_PROFILING))]);

/// Answer of mutations that have a code; the protocol has none that fits better.
const CODE: Fixed =
    Object(&[("code", Text("ARGUMENT_ERROR")), ("errorReason", Text(NO_PROFILING))]);

pub(super) static QUERY: &[Root<Sources>] = &[Root::new("test", |_, _| {
    let message = "log analysis rules are not supported by this version";
    ready(Err(FieldError::new(Code::NotSupported, message))).boxed()
})];

pub(super) static MUTATION: &[Root<Sources>] = &[
    Root::new("createProfileTask", |_, _| fixed(REASON)),
    Root::new("createAsyncProfilerTask", |_, _| fixed(CODE)),
    Root::new("createPprofTask", |_, _| fixed(CODE)),
    Root::new("createEBPFProfilingFixedTimeTask", |_, _| fixed(STATUS)),
    Root::new("createEBPFNetworkProfiling", |_, _| fixed(STATUS)),
    Root::new("keepEBPFNetworkProfiling", |_, _| fixed(STATUS)),
    Root::new("setContinuousProfilingPolicy", |_, _| fixed(STATUS)),
];
