//! The server itself: version, health, time, retention.

use super::Sources;
use crate::graphql::{Answer, Context, FieldError, Out, Root, Written, answer};
use crate::health::Health;
use crate::status::{MetricsRetention, RecordsRetention, ServerTime};

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

async fn time_info(context: &Context<Sources>) -> Result<ServerTime, FieldError> {
    Ok(context.sources.status.time())
}

async fn metrics_ttl(context: &Context<Sources>) -> Result<MetricsRetention, FieldError> {
    Ok(context.sources.status.retention().0)
}

async fn records_ttl(context: &Context<Sources>) -> Result<RecordsRetention, FieldError> {
    Ok(context.sources.status.retention().1)
}

impl Answer for Health {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "score" => field.put(&self.score),
            "details" => field.put(&self.details()),
            _ => field.unknown(),
        })
    }
}

impl Answer for ServerTime {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "timezone" => field.put(&offset(self.utc_offset_seconds)),
            "currentTimestamp" => field.put(&self.unix_millis),
            _ => field.unknown(),
        })
    }
}

/// `+0530`: the only form that clients parse.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

impl Answer for MetricsRetention {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "metadata" => field.put(&self.metadata),
            "minute" => field.put(&self.minute),
            "hour" => field.put(&self.hour),
            "day" => field.put(&self.day),
            "coldMinute" => field.put(&self.cold_minute),
            "coldHour" => field.put(&self.cold_hour),
            "coldDay" => field.put(&self.cold_day),
            _ => field.unknown(),
        })
    }
}

impl Answer for RecordsRetention {
    fn write(&self, out: Out<'_>) -> Written {
        out.object(&|field| match field.name() {
            "normal" => field.put(&self.normal),
            "trace" => field.put(&self.trace),
            "zipkinTrace" => field.put(&self.zipkin_trace),
            "log" => field.put(&self.log),
            "browserErrorLog" => field.put(&self.browser_error_log),
            "coldNormal" => field.put(&self.cold_normal),
            "coldTrace" => field.put(&self.cold_trace),
            "coldZipkinTrace" => field.put(&self.cold_zipkin_trace),
            "coldLog" => field.put(&self.cold_log),
            "coldBrowserErrorLog" => field.put(&self.cold_browser_error_log),
            _ => field.unknown(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::offset;

    #[test]
    fn offsets_have_a_sign_and_four_digits() {
        assert_eq!(offset(0), "+0000");
        assert_eq!(offset(19_800), "+0530");
        assert_eq!(offset(-12_600), "-0330");
    }
}
