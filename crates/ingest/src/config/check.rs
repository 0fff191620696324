//! From what was written to what runs.

use std::fmt;
use std::time::Duration;

use skytrail_base::quantity::{Bytes, Period};
use skytrail_base::secret::Secret;
use skytrail_base::web_origin::WebOrigins;

use super::raw::Config;
use crate::decode::Limits;
use crate::duplicates::DuplicateLimits;
use crate::symbols::SymbolLimits;

/// What is wrong with a configuration; every problem names its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The problems, in the order of the keys.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// What the receivers run with.
#[derive(Clone)]
pub struct Settings {
    /// The shared token; empty when nobody is asked.
    pub token: Secret,
    /// Largest gRPC message in bytes.
    pub max_message_bytes: usize,
    /// Until the first message of a call.
    pub first_message_timeout: Duration,
    /// Between two messages of a stream.
    pub idle_stream_timeout: Duration,
    /// Largest HTTP body in bytes.
    pub max_body_bytes: usize,
    /// Between two pieces of a body.
    pub body_timeout: Duration,
    /// JSON values of one body.
    pub max_json_values: usize,
    /// Origins that may send from a browser.
    pub cors_origins: WebOrigins,
    /// Message bytes at which a batch is full.
    pub batch_bytes: usize,
    /// Limit of each shard's queue in bytes, for whoever makes the queues.
    pub queue_bytes: usize,
    /// Bytes of large messages that may be under way.
    pub in_flight_bytes: usize,
    /// Least time between two batches of a shard that are not full.
    pub pace: Duration,
    /// How long a sender is stalled.
    pub stall_timeout: Duration,
    /// How long an answer waits.
    pub answer_timeout: Duration,
    /// Of messages that are recognised when they come again.
    pub duplicates: DuplicateLimits,
    /// Of each shard's table of names.
    pub symbols: SymbolLimits,
    /// Of a segment.
    pub segment: Limits,
    /// Largest report in bytes.
    pub max_report_bytes: usize,
    /// Properties of an instance.
    pub max_properties: u64,
    /// Samples of a JVM report.
    pub max_samples: u64,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token stays out of logs.
        f.debug_struct("Settings")
            .field("has_token", &!self.token.is_empty())
            .finish_non_exhaustive()
    }
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const DAY: i64 = 86_400_000_000_000;

struct Problems(Vec<String>);

impl Problems {
    fn size(&mut self, key: &str, size: Bytes, least: u64, most: u64) -> usize {
        if !(least..=most).contains(&size.0) {
            let (least, most) = (Bytes(least), Bytes(most));
            self.0.push(format!("ingest.{key}: {size} is not between {least} and {most}"));
        }
        size.as_len()
    }

    fn count(&mut self, key: &str, count: u64, most: u64) -> u64 {
        if !(1..=most).contains(&count) {
            self.0.push(format!("ingest.{key}: {count} is not between 1 and {most}"));
        }
        count
    }

    fn length(&mut self, key: &str, length: u32, most: u64) -> u32 {
        self.count(key, u64::from(length), most);
        length
    }

    fn time(&mut self, key: &str, period: Period) -> Duration {
        if !(1_000_000..=DAY).contains(&period.0) {
            self.0.push(format!("ingest.{key}: {period} is not between 1ms and 1d"));
        }
        period.as_duration()
    }

    fn origins(&mut self, origins: &[String]) -> WebOrigins {
        WebOrigins::parse(origins).unwrap_or_else(|error| {
            self.0.push(format!("ingest.http.cors_origins: {error}"));
            WebOrigins::default()
        })
    }
}

impl Config {
    /// Checks every key.
    pub fn validate(&self) -> Result<Settings, ConfigError> {
        let mut problems = Problems(Vec::new());
        let settings = self.settings(&mut problems);
        let largest = settings.max_message_bytes.max(settings.max_body_bytes);
        if settings.in_flight_bytes < largest {
            let size = self.batch.in_flight_size;
            problems.0.push(format!(
                "ingest.batch.in_flight_size: {size} is less than ingest.grpc.max_message_size or \
                 ingest.http.max_body_size"
            ));
        }
        if !self.auth.token.bytes().all(|byte| byte.is_ascii_graphic()) {
            problems
                .0
                .push("ingest.auth.token: has a character that no header can carry".to_owned());
        }
        if problems.0.is_empty() { Ok(settings) } else { Err(ConfigError { problems: problems.0 }) }
    }

    fn settings(&self, p: &mut Problems) -> Settings {
        let Self { auth, grpc, http, batch, duplicates, names, report, .. } = self;
        Settings {
            token: Secret::new(auth.token.as_str()),
            max_message_bytes: p.size(
                "grpc.max_message_size",
                grpc.max_message_size,
                KIB,
                256 * MIB,
            ),
            first_message_timeout: p.time("grpc.first_message_timeout", grpc.first_message_timeout),
            idle_stream_timeout: p.time("grpc.idle_stream_timeout", grpc.idle_stream_timeout),
            max_body_bytes: p.size("http.max_body_size", http.max_body_size, KIB, 256 * MIB),
            body_timeout: p.time("http.body_timeout", http.body_timeout),
            max_json_values: p.count("http.max_json_values", http.max_json_values as u64, 1 << 30)
                as usize,
            cors_origins: p.origins(&http.cors_origins),
            batch_bytes: p.size("batch.max_size", batch.max_size, 16 * KIB, 256 * MIB),
            queue_bytes: p.size("batch.queue_size", batch.queue_size, 64 * KIB, 64 * 1024 * MIB),
            in_flight_bytes: p.size(
                "batch.in_flight_size",
                batch.in_flight_size,
                KIB,
                64 * 1024 * MIB,
            ),
            pace: p.time("batch.pace", batch.pace),
            stall_timeout: p.time("batch.stall_timeout", batch.stall_timeout),
            answer_timeout: p.time("batch.answer_timeout", batch.answer_timeout),
            duplicates: DuplicateLimits {
                bytes: p.size("duplicates.memory", duplicates.memory, 0, 64 * 1024 * MIB),
                window: p.time("duplicates.window", duplicates.window).as_nanos() as i64,
            },
            symbols: SymbolLimits {
                entries: p.count("names.max_entries", names.max_entries as u64, 1 << 28) as usize,
                bytes: p.size("names.budget", names.budget, 64 * KIB, 2048 * MIB),
            },
            segment: self.segment_limits(p),
            max_report_bytes: p.size("report.max_size", report.max_size, KIB, 64 * MIB),
            max_properties: p.count("report.max_properties", report.max_properties.into(), 100_000),
            max_samples: p.count("report.max_samples", report.max_samples.into(), 100_000),
        }
    }

    fn segment_limits(&self, p: &mut Problems) -> Limits {
        let raw = &self.segment;
        let largest = 16 * MIB;
        Limits {
            message_bytes: p.size("segment.max_size", raw.max_size, KIB, 256 * MIB) as u32,
            spans: p.length("segment.max_spans", raw.max_spans, 1_000_000),
            rows: p.length("segment.max_rows", raw.max_rows, 10_000_000),
            id_bytes: p.length("segment.max_id_length", raw.max_id_length, largest),
            attributes: p.length("segment.max_attributes", raw.max_attributes, 1_000_000),
            events: p.length("segment.max_events", raw.max_events, 1_000_000),
            links: p.length("segment.max_links", raw.max_links, 1_000_000),
            key_bytes: p.length("segment.max_key_length", raw.max_key_length, largest),
            value_bytes: p.length("segment.max_value_length", raw.max_value_length, largest),
            long_value_bytes: p.length(
                "segment.max_long_value_length",
                raw.max_long_value_length,
                largest,
            ),
            name_bytes: p.length("segment.max_name_length", raw.max_name_length, largest),
        }
    }
}

#[cfg(test)]
mod tests {
    use skytrail_base::quantity::{Bytes, Period};

    use crate::config::Config;

    #[test]
    fn the_defaults_are_sound_and_loopback_only() {
        let config = Config::default();
        let settings = config.validate().unwrap();
        assert!(config.grpc.host.is_loopback() && settings.token.is_empty());
        assert_eq!(settings.segment.spans, 10_000);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let mut config = Config::default();
        config.grpc.max_message_size = Bytes(300 << 20);
        config.batch.stall_timeout = Period(0);
        config.http.cors_origins = vec!["shop.example.com".into()];
        config.segment.max_spans = 0;
        config.auth.token = "a b".into();
        let problems = config.validate().unwrap_err().problems;
        for key in [
            "ingest.grpc.max_message_size: 300MiB is not between 1KiB and 256MiB",
            "ingest.http.cors_origins",
            "ingest.batch.stall_timeout",
            "ingest.segment.max_spans: 0 is not between 1 and 1000000",
            "ingest.batch.in_flight_size",
            "ingest.auth.token",
        ] {
            assert!(problems.iter().any(|problem| problem.contains(key)), "{key}: {problems:#?}");
        }
        assert_eq!(problems.len(), 6);
        assert!(!format!("{config:?}").contains("a b"), "a token must not be printed");
    }
}
