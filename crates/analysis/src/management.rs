//! What instances say about themselves: that they live, and their properties.

use skytrail_model::entity::EntityRecord;
use skytrail_model::layer::Layer;
use skytrail_model::management::InstanceReport;
use skytrail_model::scope::Scope;
use skytrail_model::time::Minute;

use crate::source::Sources;

/// Properties that belong together under one name, and what joins them.
const ADDRESSES: (&str, &str, &str) = ("ipv4", "ipv4s", ",");

/// Records an instance and its service. Their time is the server's.
pub(crate) fn report(sources: &mut Sources<'_>, report: &InstanceReport) {
    let minute = Minute::of_nanos(sources.now);
    // Whoever reports itself is real, whatever its layer.
    let service = sources.service(&report.service, Layer::GENERAL);
    let instance = sources.instance(service, &report.instance);
    let layer = Some(report.layer);
    let seen = sources.directory.see(Scope::Service, service, minute, layer);
    sources.effects.entities.extend(seen);
    let seen = sources.directory.see(Scope::ServiceInstance, instance, minute, layer);
    if report.properties.is_empty() {
        sources.effects.entities.extend(seen);
        return;
    }
    let record = seen.or_else(|| sources.directory.record(Scope::ServiceInstance, instance));
    let properties = joined(&report.properties);
    sources.effects.entities.extend(record.map(|record| EntityRecord { properties, ..record }));
}

/// Several addresses become one property, at the place of the first.
fn joined(properties: &[(String, String)]) -> Vec<(String, String)> {
    let (one, all, separator) = ADDRESSES;
    let addresses: Vec<&str> =
        properties.iter().filter(|(key, _)| key == one).map(|(_, value)| value.as_str()).collect();
    let mut joined: Vec<(String, String)> = Vec::with_capacity(properties.len());
    for (key, value) in properties {
        if key != one {
            joined.push((key.clone(), value.clone()));
        } else if !joined.iter().any(|(known, _)| known == all) {
            joined.push((all.to_owned(), addresses.join(separator)));
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn addresses_become_one_property() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let properties = [
            pair("os", "Linux"),
            pair("ipv4", "10.0.0.1"),
            pair("pid", "7"),
            pair("ipv4", "10.0.0.2"),
        ];
        let expected = [pair("os", "Linux"), pair("ipv4s", "10.0.0.1,10.0.0.2"), pair("pid", "7")];
        assert_eq!(joined(&properties), expected);
    }
}
