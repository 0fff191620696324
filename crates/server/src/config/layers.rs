//! Defaults, file, environment and command line, one above the other, and
//! where each value came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::Value;

use super::environment::{self, Meaning};
use super::error::ConfigError;
use crate::cli::Sources;
use skytrail_lang::nearest::nearest;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// The configuration file.
    File(String),
    /// An environment variable.
    Environment(String),
    /// `--set`.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::CommandLine => f.write_str("--set"),
        }
    }
}

/// Every key with its value and origin. A key is the path to a leaf: a number,
/// a text, a truth value, a list, or null.
#[derive(Debug, Clone)]
pub struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Layers {
    /// Reads all layers. Beside them come the problems of values that were left
    /// out, so that what is wrong with the others can be told as well.
    pub fn read(
        sources: &Sources,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let read = |path: &PathBuf| {
            let failed = |error| format!("cannot read {}: {error}", path.display());
            std::fs::read_to_string(path).map_err(|error| ConfigError::one(failed(error)))
        };
        let text = sources.config.as_ref().map(read).transpose()?;
        Self::with(sources, text.as_deref().unwrap_or_default(), environment)
    }

    /// The same with what was read of the file.
    pub fn with(
        sources: &Sources,
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let mut layers = Self::defaults()?;
        let mut problems = Vec::new();
        if let Some(path) = &sources.config {
            layers.add_file(&path.display().to_string(), text, &mut problems);
        }
        layers.add_environment(environment, &mut problems);
        sources.set.iter().for_each(|one| layers.add_set(one, &mut problems));
        Ok((layers, problems))
    }

    /// Puts the default in the place of the value at `path`, or around it. False
    /// when it is there already.
    pub(super) fn reset(&mut self, path: &str, defaults: &Self) -> bool {
        let holds = |key: &str| {
            path.strip_prefix(key)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let Some((key, known)) = self.values.iter_mut().find(|(key, _)| holds(key)) else {
            return false;
        };
        match defaults.values.get(key) {
            Some(default) if default != known => {
                *known = default.clone();
                true
            }
            _ => false,
        }
    }

    /// The built-in defaults alone.
    pub fn defaults() -> Result<Self, ConfigError> {
        let tree = parse(super::DEFAULTS).map_err(ConfigError::one)?;
        let mut values = BTreeMap::new();
        flatten("", tree, &mut |key, value| {
            values.insert(key, (value, Origin::Default));
        });
        Ok(Self { values })
    }

    /// Sets a key, as the command line does for its own flags.
    pub fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        self.put(key, value, origin, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
    }

    /// All keys in order, with value and origin.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, &Origin)> {
        self.values.iter().map(|(key, (value, origin))| (key.as_str(), value, origin))
    }

    /// The values as one tree.
    pub fn tree(&self) -> Value {
        let mut root = Value::Object(serde_json::Map::new());
        for (key, (value, _)) in &self.values {
            let mut place = &mut root;
            for part in key.split('.') {
                let Value::Object(map) = place else { break };
                place = map
                    .entry(part.to_owned())
                    .or_insert_with(|| Value::Object(serde_json::Map::new()));
            }
            *place = value.clone();
        }
        root
    }

    fn add_file(&mut self, path: &str, text: &str, problems: &mut Vec<String>) {
        match parse(text) {
            Ok(Value::Null) => {}
            Ok(tree @ Value::Object(_)) => flatten("", tree, &mut |key, value| {
                self.put(&key, value, Origin::File(path.to_owned()), problems);
            }),
            Ok(_) => problems.push(format!("{path}: the file must be a map of keys")),
            Err(error) => problems.push(format!("{path}: {error}")),
        }
    }

    fn add_environment(
        &mut self,
        environment: impl Iterator<Item = (String, String)>,
        problems: &mut Vec<String>,
    ) {
        let keys: Vec<String> = self.values.keys().cloned().collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut variables: Vec<_> = environment.collect();
        // SkyWalking's names first, so that ours win.
        variables.sort_by_key(|(name, _)| !environment::is_skywalking(name));
        for (name, text) in variables {
            match environment::meaning(&name, &keys) {
                Meaning::Foreign => {}
                Meaning::Key(key) => {
                    self.put_text(key, &text, Origin::Environment(name), problems);
                }
                // Kubernetes and scripts make names with our prefix too, so only what looks like
                // a misspelt key is an error.
                Meaning::Unknown => {
                    let names: Vec<_> = keys.iter().map(|key| environment::name_of(key)).collect();
                    if let Some(near) = nearest(&name, names.iter().map(String::as_str)) {
                        problems.push(format!(
                            "environment {name} sets no key{}",
                            did_you_mean(Some(near))
                        ));
                    }
                }
            }
        }
    }

    fn add_set(&mut self, one: &str, problems: &mut Vec<String>) {
        match one.split_once('=') {
            Some((key, text)) => self.put_text(key.trim(), text, Origin::CommandLine, problems),
            None => problems.push(format!("--set {one}: write it as key=value")),
        }
    }

    /// Texts from outside of YAML: a text key takes them as they are, others
    /// read them as YAML.
    fn put_text(&mut self, key: &str, text: &str, origin: Origin, problems: &mut Vec<String>) {
        let takes_text = matches!(self.values.get(key), Some((Value::String(_), _)));
        let value = if takes_text {
            Value::String(text.to_owned())
        } else {
            parse(text).unwrap_or_else(|_| Value::String(text.to_owned()))
        };
        self.put(key, value, origin, problems);
    }

    fn is_section(&self, key: &str) -> bool {
        self.values
            .keys()
            .any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    fn put(&mut self, key: &str, value: Value, origin: Origin, problems: &mut Vec<String>) {
        // A section whose keys are all commented out sets nothing.
        if is_empty(&value) && self.is_section(key) {
            return;
        }
        match self.values.get_mut(key) {
            Some(known) => match fit(&known.0, value) {
                Ok(value) => *known = (value, origin),
                Err(problem) => problems.push(format!("{key} ({origin}): {problem}")),
            },
            None => {
                let near = nearest(key, self.values.keys().map(String::as_str));
                problems.push(format!("{key} ({origin}): unknown key{}", did_you_mean(near)));
            }
        }
    }
}

/// Nothing, or a map of nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near}?"))
        .unwrap_or_else(|| "; 'skytrail config default' lists all keys".to_owned())
}

fn parse(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str::<Value>(text).map_err(|error| error.to_string())
}

/// Keys whose value is a map with names of the operator's own.
const OPEN_MAPS: [&str; 4] = [
    "analysis.apdex.services",
    "analysis.slow.cache_read_ms",
    "analysis.slow.cache_write_ms",
    "analysis.slow.database_ms",
];

/// Gives every leaf with its path. Open maps, empty maps and lists are leaves.
fn flatten(prefix: &str, value: Value, give: &mut dyn FnMut(String, Value)) {
    match value {
        Value::Object(map) if !map.is_empty() && !OPEN_MAPS.contains(&prefix) => {
            for (key, value) in map {
                let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                flatten(&path, value, give);
            }
        }
        value => give(prefix.to_owned(), value),
    }
}

/// Takes a value in place of a default of the same kind.
fn fit(default: &Value, value: Value) -> Result<Value, String> {
    let shown = shown(&value);
    match (default, value) {
        (Value::Object(_), value @ Value::Object(_)) => Ok(value),
        (Value::Object(_), _) => Err(format!("takes a map such as {{name: 1}}, not {shown}")),
        (_, Value::Object(_)) => Err("is one value, not a map".to_owned()),
        (Value::String(_), Value::Number(number)) => Ok(Value::String(number.to_string())),
        (Value::String(_), value @ Value::String(_)) => Ok(value),
        (Value::Bool(_), value @ Value::Bool(_))
        | (Value::Array(_), value @ Value::Array(_))
        | (Value::Number(_), value @ Value::Number(_)) => Ok(value),
        (Value::Bool(_), _) => Err(format!("takes true or false, not {shown}")),
        (Value::Number(_), _) => Err(format!("takes a number, not {shown}")),
        (Value::Array(_), _) => Err(format!("takes a list such as [a, b], not {shown}")),
        _ => Err(format!("takes a text, not {shown}; write \"\" for none")),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
