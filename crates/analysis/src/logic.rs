//! Logic endpoints: what agents count as an endpoint besides calls, told by the
//! tag `x-le`.

use serde_json::Value;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::span::{Segment, Span, SpanKind};
use skytrail_model::time::Minute;

use crate::directory::NO_NODE;
use crate::oal::event::{Event, Tags, call};
use crate::oal::key::Key;
use crate::oal::schema::Source;
use crate::oal::schema::constants::{detect_point, request_type};
use crate::rpc::{Called, answers};
use crate::source::{Circumstances, Route, Shape, Slot, Sources, slot};

const SLOTS: [Slot; 1] = [slot(Scope::Endpoint, Some(Source::Endpoint))];

/// What the tag says.
#[derive(Debug, Clone, PartialEq)]
enum Logic {
    /// The span itself is the endpoint.
    Span,
    /// An endpoint of this name, latency in milliseconds and success.
    Named(String, i64, bool),
}

/// Counts the logic endpoints of a span, one for each of its tags that tells
/// of one.
pub(crate) fn logic(sources: &mut Sources<'_>, segment: &Segment, span: &Span, tags: Tags<'_>) {
    if tags.get(Key::LOGIC_ENDPOINT).is_some() {
        let key = sources.plan.keys.name(Key::LOGIC_ENDPOINT);
        for text in tags.all(key) {
            count(sources, segment, span, &text);
        }
    }
}

fn count(sources: &mut Sources<'_>, segment: &Segment, span: &Span, text: &str) {
    let batch = sources.batch;
    let (name, latency, is_success) = match read(text, span.kind == SpanKind::Internal) {
        None => return,
        Some(Logic::Span) => {
            (batch.name(span.operation).to_owned(), span.duration / 1000, !span.is_error())
        }
        Some(Logic::Named(name, ms, is_success)) => (name, ms.saturating_mul(1000), is_success),
    };
    let mut event = Event::empty();
    event.set(call::LATENCY, latency);
    event.set(call::STATUS, i64::from(is_success));
    event.set(call::TYPE, request_type::LOGIC);
    event.set(call::DETECT, detect_point::SERVER);
    event.set(call::DEST_LAYER, i64::from(Layer::GENERAL.number()));
    let minute = Minute::of_nanos(span.start);
    let at = Circumstances { minute, component: 0, layer: Layer::GENERAL };
    let own = sources.symbol(segment.service);
    let route = sources.route_of_text((Shape::Logic, own, &name), &SLOTS, at, |sources| {
        let service = sources.service(batch.name(segment.service), Layer::GENERAL);
        [sources.endpoint(service, &name), NO_NODE, NO_NODE, NO_NODE]
    });
    let called = Called { route: &Route::NOWHERE, endpoints: &route };
    let answers = answers(sources, &called, &mut event);
    sources.apply(&route, minute, answers, &event);
}

/// `{"logic-span":true}` on a Local span, or name, latency and status.
fn read(text: &str, is_local: bool) -> Option<Logic> {
    let value: Value = serde_json::from_str(text).ok()?;
    if is_local && value.get("logic-span").is_some_and(is_true) {
        return Some(Logic::Span);
    }
    let name = value.get("name")?.as_str()?;
    let latency = whole(value.get("latency")?)?;
    Some(Logic::Named(name.to_owned(), latency, is_true(value.get("status")?)))
}

/// Agents also write truth values and numbers as text.
fn is_true(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| value.as_str() == Some("true"))
}

fn whole(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|number| number as i64))
        .or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::{Logic, read};

    #[test]
    fn the_tag_is_read_in_both_forms() {
        let named = r#"{"name":"GraphQL","latency":100,"status":true}"#;
        let expected = Some(Logic::Named("GraphQL".into(), 100, true));
        assert_eq!(read(named, false), expected);
        assert_eq!(read(named, true), expected);
        assert_eq!(read(r#"{"logic-span":true}"#, true), Some(Logic::Span));
        assert_eq!(read(r#"{"logic-span":true}"#, false), None);
        for bad in ["", "no json", "[]", r#"{"name":"x"}"#, r#"{"name":1,"latency":1,"status":1}"#]
        {
            assert_eq!(read(bad, true), None, "{bad}");
        }
    }
}
