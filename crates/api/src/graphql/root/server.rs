//! The server itself: version, health, time, retention.

use skytrail_query::metadata::TimeInfo;

use super::Sources;
use crate::graphql::{Context, FieldError, Root, answer, object};
use crate::health::Health;
use crate::status::{DiskLimits, MetricsRetention, RecordsRetention};

/// How long something is kept, and what else may let it go.
struct Kept<T>(T, DiskLimits);

pub(super) static QUERY: &[Root<Sources>] = &[
    Root::new("version", |context, _| answer(version(context))),
    Root::new("checkHealth", |context, _| answer(check_health(context))),
    Root::new("getTimeInfo", |context, _| answer(time_info(context))),
    Root::new("getMetricsTTL", |context, _| answer(metrics_ttl(context))),
    Root::new("getRecordsTTL", |context, _| answer(records_ttl(context))),
];

pub(super) static MUTATION: &[Root<Sources>] =
    &[Root::new("version", |context, _| answer(version(context)))];

async fn version(context: &Context<Sources>) -> Result<String, FieldError> {
    Ok(context.sources.status.version())
}

async fn check_health(context: &Context<Sources>) -> Result<Health, FieldError> {
    Ok(context.sources.health.health())
}

async fn time_info(context: &Context<Sources>) -> Result<TimeInfo, FieldError> {
    Ok(context.sources.query.time_info())
}

async fn metrics_ttl(context: &Context<Sources>) -> Result<Kept<MetricsRetention>, FieldError> {
    let status = &context.sources.status;
    Ok(Kept(status.retention().0, status.disk_limits()))
}

async fn records_ttl(context: &Context<Sources>) -> Result<Kept<RecordsRetention>, FieldError> {
    let status = &context.sources.status;
    Ok(Kept(status.retention().1, status.disk_limits()))
}

object!(Health as it {
    "score" => it.score,
    "details" => it.details(),
});

object!(TimeInfo as it {
    "timezone" => it.timezone,
    "currentTimestamp" => it.current_timestamp,
});

object!(Kept<MetricsRetention> as it {
    "metadata" => it.0.metadata,
    "minute" => it.0.minute,
    "hour" => it.0.hour,
    "day" => it.0.day,
    "coldMinute" => it.0.cold_minute,
    "coldHour" => it.0.cold_hour,
    "coldDay" => it.0.cold_day,
    "diskBytes" => it.1.bytes,
    "diskPercent" => it.1.percent,
});

object!(Kept<RecordsRetention> as it {
    "normal" => it.0.normal,
    "trace" => it.0.trace,
    "zipkinTrace" => it.0.zipkin_trace,
    "log" => it.0.log,
    "browserErrorLog" => it.0.browser_error_log,
    "coldNormal" => it.0.cold_normal,
    "coldTrace" => it.0.cold_trace,
    "coldZipkinTrace" => it.0.cold_zipkin_trace,
    "coldLog" => it.0.cold_log,
    "coldBrowserErrorLog" => it.0.cold_browser_error_log,
    "diskBytes" => it.1.bytes,
    "diskPercent" => it.1.percent,
});
