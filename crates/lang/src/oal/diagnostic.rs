//! What is wrong with a rule file, and how it is shown.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::Span;

use super::line::{LineCursor, offset_of};

/// One thing that is wrong with a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file, as the caller gave it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Number of characters it concerns; 0 at the end of the text.
    pub len: u32,
    /// The metric whose rule it is in, once its name was read.
    pub rule: Option<String>,
    /// What is wrong: lower case, no full stop, names quoted as written.
    pub message: String,
    /// The nearest valid name.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// The diagnostic with the lines it concerns underlined. `source` is the text of the file.
    pub fn render(&self, source: &str) -> String {
        let start = offset_of(source, self.line, self.column);
        let rest = source.get(start..).unwrap_or_default();
        let len: usize = rest.chars().take(self.len as usize).map(char::len_utf8).sum();
        let annotation = AnnotationKind::Primary.span(start..start + len);
        let snippet = Snippet::source(source).path(&*self.file).annotation(annotation);
        let mut group: Group<'_> =
            Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(rule) = &self.rule {
            group = group.element(Level::NOTE.message(format!("in the rule of metric `{rule}`")));
        }
        if let Some(name) = &self.suggestion {
            group = group.element(Level::HELP.message(format!("did you mean `{name}`?")));
        }
        Renderer::plain().render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`: ")?;
        }
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(name) => write!(f, ", did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// A diagnostic whose place is still a span of the text.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) span: Span,
    pub(super) rule: Option<String>,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl Problem {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, rule: None, message: message.into(), suggestion: None }
    }

    pub(super) fn suggesting(mut self, name: Option<&str>) -> Self {
        self.suggestion = name.map(Into::into);
        self
    }

    pub(super) fn in_rule(mut self, name: &str) -> Self {
        self.rule.get_or_insert_with(|| name.into());
        self
    }

    pub(super) fn located(
        self,
        file: &Arc<str>,
        text: &str,
        lines: &mut LineCursor<'_>,
    ) -> Diagnostic {
        let (line, column) = lines.locate(self.span.start);
        let len = self.span.text(text).chars().count();
        Diagnostic {
            file: Arc::clone(file),
            line,
            column,
            len: u32::try_from(len).unwrap_or(u32::MAX),
            rule: self.rule,
            message: self.message,
            suggestion: self.suggestion,
        }
    }
}
