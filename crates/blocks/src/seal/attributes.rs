//! Attributes: a column for each key.

use skytrail_columns::group::{Access, GroupWriter};
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Attribute, Value};

use super::memo::Memos;
use crate::decimal::{put_signed_decimal, signed_decimal};
use crate::dictionary::{Grow, Hashed, Owner, ValueKind};
use crate::layout::span;
use crate::tags::{TagWriter, shown_bytes, text_half};

/// Values of a key in a frame: numbers or texts, by its type.
#[derive(Debug, Default)]
struct Cells<'a> {
    numbers: Vec<i64>,
    texts: Vec<Hashed<'a>>,
}

/// Values of all keys in a frame.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    /// By key.
    cells: Vec<Cells<'a>>,
    /// Keys that the frame has.
    used: Vec<u32>,
    list: Vec<u32>,
    pub(super) bytes: usize,
}

impl<'a> Attributes<'a> {
    /// Adds the attributes of a row; gives the code of the list of their keys.
    pub(super) fn push(
        &mut self,
        (batch, memo): (&'a SpanBatch, usize),
        owner: Owner,
        attributes: &[Attribute],
        memos: &mut Memos<'_>,
        grow: &mut Grow,
    ) -> u32 {
        self.list.clear();
        for attribute in attributes {
            let (kind, number, text) = match attribute.value {
                Value::Text(text) => (ValueKind::Text, 0, Some(text)),
                Value::Bool(value) => (ValueKind::Bool, i64::from(value), None),
                Value::Int(value) => (ValueKind::Int, value.get(), None),
                Value::Float(value) => {
                    (ValueKind::Float, value.get().to_bits().cast_signed(), None)
                }
                Value::Bytes(text) => (ValueKind::Bytes, 0, Some(text)),
                Value::Json(text) => (ValueKind::Json, 0, Some(text)),
            };
            let key = memos.key(memo, attribute.key, owner, kind, grow);
            self.list.push(key);
            if self.cells.len() <= key as usize {
                self.cells.resize_with(key as usize + 1, Cells::default);
            }
            let Some(cells) = self.cells.get_mut(key as usize) else { continue };
            if cells.numbers.is_empty() && cells.texts.is_empty() {
                self.used.push(key);
            }
            match text {
                None => cells.numbers.push(number),
                Some(text) => {
                    self.bytes += text.len as usize;
                    cells.texts.push(Hashed::new(batch.bytes_at(text)));
                }
            }
        }
        grow.key_list(&self.list)
    }

    /// Adds the tags of spans to those of a frame.
    pub(super) fn tag(&self, frame: u32, tags: &mut TagWriter, grow: &Grow) {
        for key in &self.used {
            let Some((hash, kind)) = grow.span_key(*key) else { continue };
            let Some(cells) = self.cells.get(*key as usize) else { continue };
            for text in &cells.texts {
                let half = match kind {
                    ValueKind::Bytes => text_half(shown_bytes(text.text.to_vec()).as_bytes()),
                    _ => text.half(),
                };
                tags.add(hash.with(half), frame);
            }
            tag_numbers(&cells.numbers, kind, |text| tags.add(hash.with_text(text), frame));
        }
    }

    /// Writes the columns, and begins anew.
    pub(super) fn flush(&mut self, grow: &mut Grow, group: &mut GroupWriter) {
        self.used.sort_unstable();
        for key in self.used.drain(..) {
            let Some(cells) = self.cells.get_mut(key as usize) else { continue };
            let first = span::KEYS + key * span::KEY_COLUMNS;
            if cells.texts.is_empty() {
                group.ints(first + span::AS_NUMBERS, &cells.numbers, Access::All);
            } else {
                texts(first, key, &cells.texts, grow, group);
            }
            cells.numbers.clear();
            cells.texts.clear();
        }
        self.bytes = 0;
    }
}

/// Numbers as clients show them.
fn tag_numbers(numbers: &[i64], kind: ValueKind, mut add: impl FnMut(&[u8])) {
    let mut text = Vec::new();
    let mut last = None;
    for number in numbers.iter().filter(|number| last.replace(**number) != Some(**number)) {
        text.clear();
        match kind {
            ValueKind::Bool => text.extend_from_slice((*number != 0).to_string().as_bytes()),
            ValueKind::Float => {
                let shown = f64::from_bits(number.cast_unsigned()).to_string();
                text.extend_from_slice(shown.as_bytes());
            }
            _ => put_signed_decimal(*number, &mut text),
        }
        add(&text);
    }
}

fn texts(first: u32, key: u32, texts: &[Hashed<'_>], grow: &mut Grow, group: &mut GroupWriter) {
    let decimals: Option<Vec<_>> = texts.iter().map(|text| signed_decimal(text.text)).collect();
    if let Some(decimals) = decimals {
        group.ints(first + span::AS_DECIMALS, &decimals, Access::All);
        return;
    }
    match grow.policy(key).and_then(|policy| policy.codes(texts)) {
        Some(codes) => group.ints(first + span::AS_CODES, &codes, Access::Random),
        None => group.texts(first + span::AS_TEXTS, texts.iter().map(|text| text.text)),
    }
}
