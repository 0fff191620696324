//! `ResourceSpans`: who sends, and the spans of all scopes.

use skytrail_model::batch::NO_NAME;
use skytrail_model::span::{Attribute, Rows, Value};
use skytrail_model::text::NameId;

use super::conventions::Role;
use super::value::Of;
use crate::decode::{Refusal, Run};
use crate::wire::{Cursor, DEPTH, Elements, Malformed, len};

const RESOURCE: u64 = len(1);
const SCOPE_SPANS: u64 = len(2);
const SCHEMA: u64 = len(3);

const RESOURCE_ATTRIBUTE: u64 = len(1);

const SCOPE: u64 = len(1);
const SPAN: u64 = len(2);

const SCOPE_NAME: u64 = len(1);
const SCOPE_VERSION: u64 = len(2);
const SCOPE_ATTRIBUTE: u64 = len(3);

/// The service of a resource that names none, as the conventions have it.
const UNKNOWN_SERVICE: &str = "unknown_service";

/// Who sent the spans of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    pub(super) service: NameId,
    pub(super) instance: NameId,
    pub(super) resource: Rows,
}

impl Run<'_> {
    /// Reads a `ResourceSpans`, and tells its spans.
    pub(crate) fn resource_spans(&mut self) -> Result<u32, Refusal> {
        self.otlp.begin(self.limits.rows as usize);
        let (mut resource, mut schema): (&[u8], &[u8]) = (&[], &[]);
        let mut cursor = Cursor::new(self.message);
        while let Some(key) = cursor.key()? {
            match key {
                RESOURCE => resource = cursor.bytes()?,
                SCHEMA => schema = cursor.bytes()?,
                // In a second go, because a resource may follow its spans.
                SCOPE_SPANS => drop(cursor.bytes()?),
                _ => cursor.skip(key, 3, DEPTH)?,
            }
        }
        let home = self.home(resource, schema)?;
        for body in Elements::among(self.message, SCOPE_SPANS) {
            self.scope_spans(body?, schema)?;
        }
        self.assemble(home)
    }

    fn home(&mut self, resource: &[u8], schema: &[u8]) -> Result<Home, Malformed> {
        let first = self.batch.attributes.len() as u32;
        self.otlp.asked.clear();
        let mut left = self.limits.attributes;
        for attribute in Elements::among(resource, RESOURCE_ATTRIBUTE) {
            self.attribute(attribute?, Of::Subject, &mut left)?;
        }
        if !schema.is_empty() {
            let value = Value::Text(self.text(schema));
            let key = self.made_name("otel.schema_url");
            self.batch.attributes.push(Attribute { key, value });
        }
        let resource = Rows { start: first, len: self.batch.attributes.len() as u32 - first };
        Ok(Home { service: self.service(), instance: self.instance(), resource })
    }

    /// The namespace is part of who a service is.
    fn service(&mut self) -> NameId {
        let Some(namespace) = self.asked_shown(Role::Namespace) else {
            let named = self.asked_name(Role::Service);
            return named.unwrap_or_else(|| self.made_name(UNKNOWN_SERVICE));
        };
        let service = self.asked_shown(Role::Service).unwrap_or(UNKNOWN_SERVICE.into());
        let made = format!("{namespace}::{service}");
        self.made_name(&made)
    }

    fn instance(&mut self) -> NameId {
        for role in [Role::Instance, Role::Pod] {
            if let Some(name) = self.asked_name(role) {
                return name;
            }
        }
        let made = match (self.asked_shown(Role::Pid), self.asked_shown(Role::Host)) {
            (Some(pid), Some(host)) => format!("{pid}@{host}"),
            (_, Some(host)) => host.into_owned(),
            _ => return NO_NAME,
        };
        self.made_name(&made)
    }

    fn scope_spans(&mut self, body: &[u8], of_resource: &[u8]) -> Result<(), Refusal> {
        let (mut about, mut schema): (&[u8], &[u8]) = (&[], &[]);
        let mut cursor = Cursor::new(body);
        while let Some(key) = cursor.key()? {
            match key {
                SCOPE => about = cursor.bytes()?,
                SCHEMA => schema = cursor.bytes()?,
                SPAN => drop(cursor.bytes()?),
                _ => cursor.skip(key, 3, DEPTH - 1)?,
            }
        }
        let attributes = self.scope(about, if schema == of_resource { &[] } else { schema })?;
        for span in Elements::among(body, SPAN) {
            self.otlp_span(span?, &attributes)?;
        }
        Ok(())
    }

    /// What every span of a scope says about it, under the names that OpenTelemetry
    /// gives it where a protocol has no place for it.
    fn scope(&mut self, about: &[u8], schema: &[u8]) -> Result<Vec<Attribute>, Malformed> {
        let (mut name, mut version): (&[u8], &[u8]) = (&[], &[]);
        let first = self.batch.attributes.len();
        let mut left = self.limits.attributes;
        let mut cursor = Cursor::new(about);
        while let Some(key) = cursor.key()? {
            match key {
                SCOPE_NAME => name = cursor.bytes()?,
                SCOPE_VERSION => version = cursor.bytes()?,
                SCOPE_ATTRIBUTE => self.attribute(cursor.bytes()?, Of::Other, &mut left)?,
                _ => cursor.skip(key, 4, DEPTH - 2)?,
            }
        }
        let mut own = self.batch.attributes.split_off(first);
        for attribute in &mut own {
            let key = format!("otel.scope.{}", self.batch.name(attribute.key));
            attribute.key = self.made_name(&key);
        }
        let known = [
            ("otel.scope.name", name),
            ("otel.scope.version", version),
            ("otel.scope.schema_url", schema),
        ];
        for (key, text) in known.into_iter().filter(|(_, text)| !text.is_empty()) {
            let value = Value::Text(self.text(text));
            own.push(Attribute { key: self.made_name(key), value });
        }
        Ok(own)
    }
}
