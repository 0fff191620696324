//! The parameters of a question, as an address carries them.

use std::str::FromStr;

use http::Uri;

use super::error::Failure;

/// Parameters of one request, at most.
const MOST: usize = 200;

/// Names and values, in the order they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Those of an address.
    pub(crate) fn of(uri: &Uri) -> Result<Self, Failure> {
        let parsed = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Ok(axum::extract::Query(pairs)) = parsed else {
            return Err(Failure::invalid("query", "the parameters cannot be read"));
        };
        if pairs.len() > MOST {
            let message = format!("there are more than {MOST} parameters");
            return Err(Failure::invalid("query", message));
        }
        Ok(Self(pairs))
    }

    /// The last value of a name; none for an empty one.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The same as a text of its own.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A value that must be there.
    pub(crate) fn needed(&self, name: &'static str) -> Result<&str, Failure> {
        self.text(name).ok_or_else(|| Failure::invalid(name, format!("{name} is missing")))
    }

    /// Every value of a name that may come several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A number, if it is there.
    pub(crate) fn number<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            Failure::invalid(name, format!("{name} '{shown}' is not a number"))
        });
        number.map(Some)
    }

    /// A number that must be there.
    pub(crate) fn needed_number<T: FromStr>(&self, name: &'static str) -> Result<T, Failure> {
        self.needed(name)?;
        let number = self.number(name)?;
        number.ok_or_else(|| Failure::invalid(name, format!("{name} is missing")))
    }

    /// One of some words, the first where none is given.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&str, T)],
    ) -> Result<T, Failure> {
        let given = self.text(name);
        let found = match given {
            Some(text) => words.iter().find(|(word, _)| *word == text),
            None => words.first(),
        };
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Failure::invalid(name, format!("{name} is one of {}", known.join(", ")))
        })
    }
}
