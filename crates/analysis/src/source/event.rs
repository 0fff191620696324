//! What a span says about the call it stands for.

use skytrail_model::span::{Span, SpanLayer};

use crate::oal::event::{Event, Tags, call};
use crate::oal::family::Family;
use crate::oal::key::Key;
use crate::oal::schema::constants::request_type;

/// The event of a span: latency, status, type, and codes where rules read
/// them; sides, layers and
/// names are the caller's to set.
pub(crate) fn call_event<'a>(family: &Family, span: &Span, tags: Tags<'a>) -> Event<'a> {
    let mut event = Event::empty();
    event.set(call::LATENCY, span.duration / 1000);
    event.set(call::STATUS, i64::from(!span.is_error()));
    event.set(call::COMPONENT, i64::from(span.component));
    if family.reads(call::HTTP_STATUS) {
        let code = tags.int(Key::HTTP_STATUS_CODE).or_else(|| tags.int(Key::STATUS_CODE));
        event.set(call::HTTP_STATUS, code.unwrap_or(0));
    }
    event.set(call::TYPE, type_of(span.layer));
    event.tags = Some(tags);
    event
}

fn type_of(layer: SpanLayer) -> i64 {
    match layer {
        SpanLayer::Http => request_type::HTTP,
        SpanLayer::Database => request_type::DATABASE,
        SpanLayer::Mq => request_type::MQ,
        SpanLayer::GenAi => request_type::GENAI,
        SpanLayer::Unknown | SpanLayer::RpcFramework | SpanLayer::Cache | SpanLayer::Faas => {
            request_type::RPC
        }
    }
}
