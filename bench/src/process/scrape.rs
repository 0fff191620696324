//! What a server says of itself on its metrics port.

use std::collections::BTreeMap;

/// One line of the exposition format.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name, with its ending (`_total`).
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Value.
    pub value: f64,
}

/// The lines that are samples.
pub fn parse(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Sample> {
    // Label values may hold spaces and braces, so the value is what follows the last space.
    let (head, value) = line.trim_end().rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, labels)) = head.split_once('{') else {
        return Some(Sample { name: head.trim().to_owned(), labels: BTreeMap::new(), value });
    };
    let labels = labels.strip_suffix('}')?;
    Some(Sample { name: name.to_owned(), labels: parse_labels(labels), value })
}

fn parse_labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut letters = after.char_indices();
        let mut end = after.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
                _ => value.push(letter),
            }
        }
        labels.insert(key.trim_start_matches(',').to_owned(), value);
        rest = after.get(end..).unwrap_or_default();
    }
    labels
}

/// The sum over all series of a metric that carry all these labels.
pub fn sum_of(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> f64 {
    samples
        .iter()
        .filter(|sample| sample.name == name)
        .filter(|sample| {
            labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|v| v == value))
        })
        .map(|sample| sample.value)
        .sum()
}

/// The accounts of one signal, in messages or in spans.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Books {
    /// Everything that was counted.
    pub received: f64,
    /// Stored and acknowledged.
    pub stored: f64,
    /// Refused, for whatever reason.
    pub refused: f64,
    /// Dropped, for whatever reason.
    pub dropped: f64,
    /// Not settled.
    pub in_flight: f64,
}

impl Books {
    /// The books of a signal; `unit` is `messages` or `spans`.
    pub fn of(samples: &[Sample], signal: &str, unit: &str) -> Self {
        let labels = [("signal", signal)];
        let counter =
            |what: &str| sum_of(samples, &format!("skytrail_{what}_{unit}_total"), &labels);
        Self {
            received: counter("received"),
            stored: counter("stored"),
            refused: counter("refused"),
            dropped: counter("dropped"),
            in_flight: sum_of(samples, &format!("skytrail_in_flight_{unit}"), &labels),
        }
    }

    /// Whether everything received is accounted for and nothing is in flight.
    pub fn is_closed(&self) -> bool {
        self.in_flight == 0.0 && self.received == self.stored + self.refused + self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::{Books, parse, sum_of};

    const TEXT: &str = "# HELP x y\n# TYPE x counter\n\
        skytrail_received_messages_total{signal=\"segment\"} 10\n\
        skytrail_stored_messages_total{signal=\"segment\"} 6\n\
        skytrail_refused_messages_total{signal=\"segment\",reason=\"a \\\"b\\\" {c}, d\"} 3\n\
        skytrail_dropped_messages_total{signal=\"segment\",reason=\"full\"} 1\n\
        skytrail_in_flight_messages{signal=\"segment\"} 0\nup 1\n# EOF\n";

    #[test]
    fn books_close_when_every_message_has_an_end() {
        let samples = parse(TEXT);
        assert_eq!(samples[2].labels["reason"], "a \"b\" {c}, d");
        assert_eq!(sum_of(&samples, "up", &[]), 1.0);
        assert!(Books::of(&samples, "segment", "messages").is_closed());
        let open = TEXT.replace("segment\"} 6", "segment\"} 5");
        assert!(!Books::of(&parse(&open), "segment", "messages").is_closed());
    }
}
