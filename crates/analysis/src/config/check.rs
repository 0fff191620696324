//! From the keys to what runs, with an error that names the key and the limit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use super::raw::{Config, GatewayConfig};
use super::settings::{
    Limits, PairingLimits, Settings, SlowRules, SlowThresholds, Thresholds, WindowRules,
};
use crate::error::{Error, ErrorKind, Result};
use crate::naming::{Grouping, NameLengths, Naming};
use skytrail_base::quantity::Period;

/// The largest grouping file.
const MAX_GROUPING_BYTES: u64 = 4 << 20;

const SECOND: i64 = 1_000_000_000;

impl Config {
    /// Checks the keys and reads the files that they name.
    pub fn validate(&self) -> Result<Settings> {
        Ok(Settings {
            oal_dir: (!self.oal.dir.is_empty()).then(|| PathBuf::from(&self.oal.dir)),
            naming: self.naming()?,
            limits: self.limits()?,
            apdex: self.apdex()?,
            slow: self.slow()?,
            gateways: gateways(&self.gateways)?,
            segment_status: self.segment_status,
            searchable_tags: self.searchable_tags()?,
            windows: self.windows()?,
            pairing: self.pairing()?,
            grouping_file: self.endpoint_grouping.file.clone(),
        })
    }

    fn naming(&self) -> Result<Naming> {
        let names = &self.names;
        let lengths = NameLengths {
            service: within("names.service_length", names.service_length, 10, 1000)?,
            instance: within("names.instance_length", names.instance_length, 10, 1000)?,
            endpoint: within("names.endpoint_length", names.endpoint_length, 10, 1000)?,
        };
        let naming = Naming::new(lengths);
        if self.endpoint_grouping.file.is_empty() {
            return Ok(naming);
        }
        let grouping = read_grouping(&self.endpoint_grouping.file)?;
        Ok(naming.with_grouping(grouping))
    }

    fn limits(&self) -> Result<Limits> {
        let limits = &self.limits;
        let bytes = usize::try_from(limits.names_size.0).unwrap_or(usize::MAX);
        let per_service = self.endpoint_grouping.max_endpoints_per_service;
        Ok(Limits {
            services: within("limits.services", limits.services, 1, 1_000_000)?,
            instances: within("limits.instances", limits.instances, 1, 1_000_000)?,
            endpoints: within("limits.endpoints", limits.endpoints, 1, 1_000_000)?,
            endpoints_per_service: within(
                "endpoint_grouping.max_endpoints_per_service",
                per_service,
                1,
                100_000,
            )?,
            relations: within("limits.relations", limits.relations, 1, 1_000_000)?,
            bytes: within("limits.names_size", bytes, 1 << 20, usize::MAX)?,
            // Windows close after little more than two minutes; a name that is in one is not idle.
            idle: span_within("limits.idle", limits.idle, 300 * SECOND, 86_400 * SECOND)?,
        })
    }

    fn apdex(&self) -> Result<Thresholds> {
        let threshold = |key: &str, ms: i64| millis(key, ms).map(|ms| ms * 1000);
        let default = threshold("apdex.default_ms", self.apdex.default_ms)?;
        let by_name = self.apdex.services.iter().map(|(name, ms)| {
            Ok((name.clone(), threshold(&format!("apdex.services.{name}"), *ms)?))
        });
        Ok(Thresholds { default, by_name: by_name.collect::<Result<_>>()? })
    }

    fn slow(&self) -> Result<SlowRules> {
        let slow = &self.slow;
        Ok(SlowRules {
            database: thresholds("slow.database_ms", &slow.database_ms)?,
            cache_read: thresholds("slow.cache_read_ms", &slow.cache_read_ms)?,
            cache_write: thresholds("slow.cache_write_ms", &slow.cache_write_ms)?,
            max_statement: within(
                "slow.max_statement_length",
                slow.max_statement_length,
                1,
                32_768,
            )?,
        })
    }

    fn searchable_tags(&self) -> Result<Vec<String>> {
        let keys = &self.searchable_tags.0;
        // Rules and the analysis need numbers for their keys as well.
        within("searchable_tags", keys.len(), 0, 32)?;
        Ok(keys.clone())
    }

    fn windows(&self) -> Result<WindowRules> {
        let windows = &self.windows;
        let budget = usize::try_from(windows.budget.0).unwrap_or(usize::MAX);
        Ok(WindowRules {
            budget: within("windows.budget", budget, 1 << 20, usize::MAX)?,
            grace: span_within("windows.grace", windows.grace, 0, 60 * SECOND)?,
            past: span_within("windows.accept_past", windows.accept_past, 60 * SECOND, i64::MAX)?,
            future: span_within(
                "windows.accept_future",
                windows.accept_future,
                0,
                86_400 * SECOND,
            )?,
        })
    }

    fn pairing(&self) -> Result<PairingLimits> {
        let pairing = &self.pairing;
        let bytes = usize::try_from(pairing.max_bytes.0).unwrap_or(usize::MAX);
        Ok(PairingLimits {
            entries: within("pairing.max_entries", pairing.max_entries, 1, 10_000_000)?,
            bytes: within("pairing.max_bytes", bytes, 1 << 16, usize::MAX)?,
            wait: span_within("pairing.wait", pairing.wait, SECOND, 600 * SECOND)?,
        })
    }
}

fn within(key: &str, value: usize, least: usize, most: usize) -> Result<usize> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid(format!("analysis.{key} is {value}, it must be {least} to {most}")))
}

fn span_within(key: &str, value: Period, least: i64, most: i64) -> Result<i64> {
    if (least..=most).contains(&value.0) {
        return Ok(value.0);
    }
    let (least, most) = (Period(least), Period(most));
    Err(Error::invalid(format!("analysis.{key} is {value}, it must be {least} to {most}")))
}

fn millis(key: &str, value: i64) -> Result<i64> {
    if (0..=86_400_000).contains(&value) {
        return Ok(value);
    }
    Err(Error::invalid(format!("analysis.{key} is {value} ms, it must be 0 to 86400000 ms")))
}

fn thresholds(key: &str, by_type: &BTreeMap<String, i64>) -> Result<SlowThresholds> {
    let by_type: Result<HashMap<_, _>> = by_type
        .iter()
        .map(|(name, ms)| Ok((name.to_lowercase(), millis(&format!("{key}.{name}"), *ms)? * 1000)))
        .collect();
    by_type.map(SlowThresholds::new)
}

fn gateways(gateways: &[GatewayConfig]) -> Result<HashSet<String>> {
    let mut addresses = HashSet::new();
    for (place, gateway) in gateways.iter().enumerate() {
        for instance in &gateway.instances {
            if instance.host.is_empty() {
                return Err(Error::invalid(format!(
                    "analysis.gateways[{place}] ({}) has an instance without host",
                    gateway.name
                )));
            }
            let port = if instance.port == 0 { 80 } else { instance.port };
            addresses.insert(format!("{}:{port}", instance.host));
        }
    }
    Ok(addresses)
}

fn read_grouping(file: &str) -> Result<Grouping> {
    let key = "analysis.endpoint_grouping.file";
    let unreadable = |error: std::io::Error| {
        Error::new(ErrorKind::Unreadable, format!("{key}: cannot read {file}: {error}"))
    };
    let size = std::fs::metadata(file).map_err(unreadable)?.len();
    if size > MAX_GROUPING_BYTES {
        return Err(Error::invalid(format!(
            "{key}: {file} has {size} bytes, at most {MAX_GROUPING_BYTES} are read"
        )));
    }
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Grouping::parse(&text).map_err(|fault| Error::invalid(format!("{key}: {file}: {fault}")))
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, GatewayConfig, GatewayInstance};

    #[test]
    fn defaults_are_right_and_read_back() {
        let config = Config::default();
        let settings = config.validate().unwrap();
        assert_eq!(settings.apdex.of(Some("any")), 500_000);
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
    }

    #[test]
    fn gateways_have_port_80_when_none_is_given() {
        let instance = GatewayInstance { host: "gate".into(), ..GatewayInstance::default() };
        let gateway = GatewayConfig { name: "edge".into(), instances: vec![instance] };
        let config = Config { gateways: vec![gateway], ..Config::default() };
        assert!(config.validate().unwrap().gateways.contains("gate:80"));
    }

    #[test]
    fn faults_name_the_key_and_the_limit() {
        let wrong = |text: &str| {
            let config: Config = serde_json::from_str(text).unwrap();
            config.validate().unwrap_err().context
        };
        assert_eq!(
            wrong(r#"{"limits":{"services":0}}"#),
            "analysis.limits.services is 0, it must be 1 to 1000000"
        );
        assert_eq!(
            wrong(r#"{"limits":{"names_size":"1KiB"}}"#),
            format!("analysis.limits.names_size is 1024, it must be 1048576 to {}", usize::MAX)
        );
        assert_eq!(
            wrong(r#"{"windows":{"grace":"3m"}}"#),
            "analysis.windows.grace is 3m, it must be 0ms to 1m"
        );
        assert!(wrong(r#"{"endpoint_grouping":{"file":"/nowhere.yml"}}"#).contains("/nowhere.yml"));
    }
}
