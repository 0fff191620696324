//! What traces are searched by, from an address or a body.

use serde::Deserialize;
use skytrail_query::Range;
use skytrail_query::search::{Chosen, TraceCondition, TraceSearch};
use skytrail_query::trace::{QueryOrder, SpanTag, TraceState};

use super::error::{Code, Failure};
use super::parameters::Parameters;

/// Tags of one condition, at most.
const MOST_TAGS: usize = 20;

/// Bytes of an id, a tag or a keyword, at most.
const MOST_BYTES: usize = 2_048;

/// Words of `state`.
const STATES: [(&str, TraceState); 3] =
    [("all", TraceState::All), ("ok", TraceState::Success), ("error", TraceState::Error)];

/// Words of `order`.
const ORDERS: [(&str, QueryOrder); 2] =
    [("start", QueryOrder::ByStartTime), ("duration", QueryOrder::ByDuration)];

/// Traces of a page unless the page says otherwise.
const LIMIT: usize = 20;

/// The same as a body has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionForm {
    from: f64,
    to: f64,
    service: Option<String>,
    instance: Option<String>,
    endpoint: Option<String>,
    state: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    tag: Vec<String>,
    keyword: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoxForm {
    from: f64,
    to: f64,
    min: f64,
    max: f64,
}

/// The body of `/ui/tags/compare`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareForm {
    condition: ConditionForm,
    #[serde(rename = "box")]
    within: Option<BoxForm>,
    traces: Option<Vec<String>>,
}

impl CompareForm {
    /// What it asks for.
    pub(crate) fn read(self) -> Result<(TraceCondition, Chosen), Failure> {
        let chosen = match (self.within, self.traces) {
            (Some(within), None) => Chosen::Box {
                range: range_of(within.from, within.to)?,
                min: positive("box", Some(within.min))?.unwrap_or(0.0),
                max: positive("box", Some(within.max))?.unwrap_or(0.0),
            },
            (None, Some(traces)) => Chosen::Traces(traces),
            _ => {
                let message = "the body needs box or traces, and not both";
                return Err(Failure::invalid("box", message));
            }
        };
        Ok((self.condition.read()?, chosen))
    }
}

impl ConditionForm {
    fn read(self) -> Result<TraceCondition, Failure> {
        let text = |name, text: Option<String>| bounded(name, text.filter(|text| !text.is_empty()));
        let state = match &self.state {
            Some(state) => STATES.iter().find(|(word, _)| word == state).map(|(_, state)| *state),
            None => Some(TraceState::All),
        };
        Ok(TraceCondition {
            range: range_of(self.from, self.to)?,
            service: text("service", self.service)?,
            instance: text("instance", self.instance)?,
            endpoint: text("endpoint", self.endpoint)?,
            state: state
                .ok_or_else(|| Failure::invalid("state", "state is one of all, ok, error"))?,
            min: positive("min", self.min)?,
            max: positive("max", self.max)?,
            tags: tags(self.tag.iter().map(String::as_str))?,
            keyword: text("keyword", self.keyword)?,
        })
    }
}

/// The range of a question.
pub(crate) fn range(parameters: &Parameters) -> Result<Range, Failure> {
    range_of(parameters.needed_number("from")?, parameters.needed_number("to")?)
}

fn range_of(from: f64, to: f64) -> Result<Range, Failure> {
    Range::of_millis(from, to).map_err(|error| Failure::invalid("from", error.message))
}

/// The conditions of a question.
pub(crate) fn condition(parameters: &Parameters) -> Result<TraceCondition, Failure> {
    let text = |name| bounded(name, parameters.owned(name));
    Ok(TraceCondition {
        range: range(parameters)?,
        service: text("service")?,
        instance: text("instance")?,
        endpoint: text("endpoint")?,
        state: parameters.word("state", &STATES)?,
        min: positive("min", parameters.number("min")?)?,
        max: positive("max", parameters.number("max")?)?,
        tags: tags(parameters.all("tag"))?,
        keyword: text("keyword")?,
    })
}

/// A page of traces.
pub(crate) fn search(parameters: &Parameters) -> Result<TraceSearch, Failure> {
    Ok(TraceSearch {
        condition: condition(parameters)?,
        ids: parameters.all("id").map(str::to_owned).collect(),
        order: parameters.word("order", &ORDERS)?,
        limit: parameters.number("limit")?.unwrap_or(LIMIT),
        cursor: parameters.owned("cursor"),
    })
}

/// `key=value`, or a key alone for any value.
fn tags<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<SpanTag>, Failure> {
    let tag = |text: &str| {
        let text = bounded("tag", Some(text.to_owned()))?.unwrap_or_default();
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        if key.is_empty() {
            return Err(Failure::invalid("tag", "tag is written as key=value"));
        }
        Ok(SpanTag { key: key.to_owned(), value })
    };
    let tags: Vec<_> = texts.take(MOST_TAGS + 1).map(tag).collect::<Result<_, _>>()?;
    if tags.len() > MOST_TAGS {
        let message = format!("there are more than {MOST_TAGS} tags");
        return Err(Failure::new(Code::Invalid, message));
    }
    Ok(tags)
}

fn positive(name: &'static str, number: Option<f64>) -> Result<Option<f64>, Failure> {
    match number {
        Some(number) if !(number >= 0.0 && number.is_finite()) => {
            Err(Failure::invalid(name, format!("{name} is not a number of milliseconds")))
        }
        number => Ok(number),
    }
}

fn bounded(name: &'static str, text: Option<String>) -> Result<Option<String>, Failure> {
    match text {
        Some(text) if text.len() > MOST_BYTES => {
            Err(Failure::invalid(name, format!("{name} is longer than {MOST_BYTES} bytes")))
        }
        text => Ok(text),
    }
}
