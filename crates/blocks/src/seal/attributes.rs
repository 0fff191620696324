//! Attributes: a column for each key.

use skytrail_columns::group::{Access, GroupWriter};

use crate::decimal::put_signed_decimal;
use crate::dictionary::{Dictionary, Owner, ValueKind};
use crate::layout::span;
use crate::open::{Cell, How, Rows};
use crate::tags::{KeyHash, TagWriter, shown_bytes, text_half};

/// Values of all keys in a frame.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// By key.
    columns: Vec<Vec<Cell>>,
    /// Keys that the frame has.
    used: Vec<u32>,
    numbers: Vec<i64>,
    /// Bytes of all values, those of texts whether they have a code or not: where values of a key are kept in several
    /// ways, all are written as texts.
    pub(super) bytes: usize,
}

/// What a frame is made of besides its cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning<'a> {
    pub(super) rows: &'a Rows,
    pub(super) dictionary: &'a Dictionary,
}

impl Meaning<'_> {
    /// The hash of the name of a key of spans, and the type of its values; none of other keys.
    fn span_key(&self, key: u32) -> Option<(KeyHash, ValueKind)> {
        let key = self.dictionary.key(key).ok().filter(|key| key.owner == Owner::Span)?;
        Some((KeyHash::new(self.dictionary.name(key.name).ok()?), key.kind))
    }

    /// The text of a value. Its code is one of this dictionary, as the block was filled with it.
    fn text_of(&self, key: u32, cell: &Cell) -> Vec<u8> {
        match cell.how() {
            How::Code => {
                let value = self.dictionary.value(key, cell.code_of_text());
                value.unwrap_or_default().to_vec()
            }
            How::Text => self.rows.text(cell.place()).to_vec(),
            How::Number | How::Decimal => {
                let mut text = Vec::new();
                put_signed_decimal(cell.value, &mut text);
                text
            }
        }
    }
}

impl Attributes {
    /// Adds the attributes of a row.
    pub(super) fn push(&mut self, cells: &[Cell]) {
        for cell in cells {
            let key = cell.key();
            if self.columns.len() <= key as usize {
                self.columns.resize_with(key as usize + 1, Vec::new);
            }
            let Some(column) = self.columns.get_mut(key as usize) else { continue };
            if column.is_empty() {
                self.used.push(key);
            }
            self.bytes += cell.len();
            column.push(*cell);
        }
    }

    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        let cells: usize = self.columns.iter().map(Vec::capacity).sum();
        cells * size_of::<Cell>()
            + self.columns.capacity() * size_of::<Vec<Cell>>()
            + self.used.capacity() * size_of::<u32>()
            + self.numbers.capacity() * size_of::<i64>()
    }

    /// Adds the tags of spans to those of the frame, writes the columns, and begins anew.
    pub(super) fn flush(
        &mut self,
        frame: u32,
        meaning: Meaning<'_>,
        tags: &mut TagWriter,
        group: &mut GroupWriter,
    ) {
        self.used.sort_unstable();
        for key in self.used.drain(..) {
            let Some(column) = self.columns.get_mut(key as usize) else { continue };
            tag(key, column, frame, meaning, tags);
            write(key, column, &mut self.numbers, meaning, group);
            column.clear();
        }
        self.bytes = 0;
    }
}

fn tag(key: u32, column: &[Cell], frame: u32, meaning: Meaning<'_>, tags: &mut TagWriter) {
    let Some((hash, kind)) = meaning.span_key(key) else { return };
    match kind {
        ValueKind::Text | ValueKind::Json => {
            column.iter().for_each(|cell| tags.add(hash.with(cell.half), frame));
        }
        ValueKind::Bytes => {
            for cell in column {
                let shown = shown_bytes(meaning.text_of(key, cell));
                tags.add(hash.with(text_half(shown.as_bytes())), frame);
            }
        }
        ValueKind::Bool | ValueKind::Int | ValueKind::Float => {
            tag_numbers(column, kind, |text| tags.add(hash.with_text(text), frame));
        }
    }
}

/// Numbers as clients show them.
fn tag_numbers(column: &[Cell], kind: ValueKind, mut add: impl FnMut(&[u8])) {
    let mut text = Vec::new();
    let mut last = None;
    let numbers = column.iter().map(|cell| cell.value);
    for number in numbers.filter(|number| last.replace(*number) != Some(*number)) {
        text.clear();
        match kind {
            ValueKind::Bool => text.extend_from_slice((number != 0).to_string().as_bytes()),
            ValueKind::Float => {
                let shown = f64::from_bits(number.cast_unsigned()).to_string();
                text.extend_from_slice(shown.as_bytes());
            }
            _ => put_signed_decimal(number, &mut text),
        }
        add(&text);
    }
}

/// How all cells are kept; none where they differ.
fn how_all(column: &[Cell]) -> Option<How> {
    let how = column.first()?.how();
    column.iter().all(|cell| cell.how() == how).then_some(how)
}

fn write(
    key: u32,
    column: &[Cell],
    numbers: &mut Vec<i64>,
    meaning: Meaning<'_>,
    group: &mut GroupWriter,
) {
    let first = span::KEYS + key * span::KEY_COLUMNS;
    let (id, access) = match how_all(column) {
        Some(How::Number) => (span::AS_NUMBERS, Access::All),
        Some(How::Decimal) => (span::AS_DECIMALS, Access::All),
        Some(How::Code) => {
            numbers.clear();
            numbers.extend(column.iter().map(|cell| i64::from(cell.code_of_text())));
            group.ints(first + span::AS_CODES, numbers, Access::Random);
            return;
        }
        Some(How::Text) => {
            let texts = column.iter().map(|cell| meaning.rows.text(cell.place()));
            group.texts(first + span::AS_TEXTS, texts);
            return;
        }
        None => {
            let texts: Vec<_> = column.iter().map(|cell| meaning.text_of(key, cell)).collect();
            group.texts(first + span::AS_TEXTS, texts.iter().map(Vec::as_slice));
            return;
        }
    };
    numbers.clear();
    numbers.extend(column.iter().map(|cell| cell.value));
    group.ints(first + id, numbers, access);
}
