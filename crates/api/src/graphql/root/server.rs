//! The server itself: version, health, time, retention.

use skytrail_query::metadata::TimeInfo;

use super::Sources;
use crate::graphql::{Context, FieldError, Root, answer, object};
use crate::health::Health;
use crate::status::{MetricsRetention, RecordsRetention};

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

async fn metrics_ttl(context: &Context<Sources>) -> Result<MetricsRetention, FieldError> {
    Ok(context.sources.status.retention().0)
}

async fn records_ttl(context: &Context<Sources>) -> Result<RecordsRetention, FieldError> {
    Ok(context.sources.status.retention().1)
}

object!(Health as it {
    "score" => it.score,
    "details" => it.details(),
});

object!(TimeInfo as it {
    "timezone" => it.timezone,
    "currentTimestamp" => it.current_timestamp,
});

object!(MetricsRetention as it {
    "metadata" => it.metadata,
    "minute" => it.minute,
    "hour" => it.hour,
    "day" => it.day,
    "coldMinute" => it.cold_minute,
    "coldHour" => it.cold_hour,
    "coldDay" => it.cold_day,
});

object!(RecordsRetention as it {
    "normal" => it.normal,
    "trace" => it.trace,
    "zipkinTrace" => it.zipkin_trace,
    "log" => it.log,
    "browserErrorLog" => it.browser_error_log,
    "coldNormal" => it.cold_normal,
    "coldTrace" => it.cold_trace,
    "coldZipkinTrace" => it.cold_zipkin_trace,
    "coldLog" => it.cold_log,
    "coldBrowserErrorLog" => it.cold_browser_error_log,
});
