//! What can be wrong with a configuration.

use std::fmt;

use skytrail_base::code::Code;

/// The code of every configuration error.
pub(super) const CODE: Code = Code("ST-1001");

/// A configuration that cannot run. The text names the key, what is wrong with
/// it, and where it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// One line per problem.
    pub problems: Vec<String>,
}

impl ConfigError {
    /// An error with one problem.
    pub fn one(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CODE}: the configuration is not right")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigError {}
