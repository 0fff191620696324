//! Questions to the spans of segments, answered frame by frame.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::Result;
use skytrail_storage::{SegmentFilter, TagFilter};

use super::frames::{Cells, Frame, Reader};
use super::keyword::contains;
use crate::decimal::put_signed_decimal;
use crate::dictionary::{Dictionary, Owner, ValueKind};
use crate::ids::Id;
use crate::tags::{Granules, shown_bytes};

/// The attribute that a keyword search reads beside operation names.
pub(crate) const STATEMENT: &[u8] = b"db.statement";

/// Rows of a frame, a bit each.
type Bits = Vec<u64>;

/// What is asked.
enum Question<'a> {
    /// Any of some keys, which have the same name, with a value.
    Tag(Vec<(u32, Wanted<'a>)>),
    /// In the operation, or in the statement.
    Keyword {
        text: &'a [u8],
        statement: Option<u32>,
        names: RefCell<HashMap<u32, bool, FixedState>>,
    },
    /// The opaque id of a span, or that of the segment.
    Id(Id<'a>),
}

/// A value that is looked for.
enum Wanted<'a> {
    Any,
    /// As code, as number of a text, as text.
    Text {
        code: Option<u32>,
        decimal: Option<i64>,
        text: &'a [u8],
    },
    Number(i64),
    /// As clients show it.
    Shown(ValueKind, &'a str),
}

/// Answers of a question: the rows of each frame.
struct Asked<'a> {
    question: Question<'a>,
    /// Where there may be any.
    within: Granules,
    frames: Vec<OnceCell<Bits>>,
}

/// The questions of a filter to the spans of segments.
pub(super) struct Matcher<'r, 'a> {
    reader: &'r Reader<'a>,
    asked: Vec<Asked<'r>>,
}

fn written(number: i64) -> Vec<u8> {
    let mut text = Vec::new();
    put_signed_decimal(number, &mut text);
    text
}

impl<'a> Wanted<'a> {
    /// None when no value of the key can be it.
    fn of(
        key: u32,
        kind: ValueKind,
        value: Option<&'a str>,
        dictionary: &Dictionary,
    ) -> Option<Self> {
        let Some(shown) = value else { return Some(Self::Any) };
        let text = shown.as_bytes();
        let decimal = shown.parse().ok().filter(|number| written(*number) == text);
        match kind {
            ValueKind::Text | ValueKind::Json => {
                let code = dictionary.code_of_value(key, text);
                let may_be = code.is_some() || decimal.is_some() || dictionary.has_texts(key);
                may_be.then_some(Self::Text { code, decimal, text })
            }
            ValueKind::Int => decimal.map(Self::Number),
            ValueKind::Bool => shown.parse::<bool>().ok().map(|value| Self::Number(value.into())),
            kind => Some(Self::Shown(kind, shown)),
        }
    }

    fn is(&self, key: u32, cells: &Cells<'_>, place: usize, dictionary: &Dictionary) -> bool {
        match (self, cells) {
            (Self::Any, _) => true,
            (Self::Text { code, .. }, Cells::Codes(codes)) => {
                code.is_some_and(|code| codes.get(place) == Some(code.into()))
            }
            (Self::Text { decimal, .. }, Cells::Decimals(numbers)) => {
                decimal.is_some() && numbers.get(place) == *decimal
            }
            (Self::Text { text, .. }, Cells::Texts(texts)) => texts.get(place) == Some(text),
            (Self::Number(number), Cells::Numbers(numbers)) => numbers.get(place) == Some(*number),
            (Self::Shown(ValueKind::Float, shown), Cells::Numbers(numbers)) => {
                let shows = |bits: i64| f64::from_bits(bits.cast_unsigned()).to_string() == *shown;
                numbers.get(place).is_some_and(shows)
            }
            (Self::Shown(_, wanted), cells) => text_of(key, cells, place, dictionary)
                .is_some_and(|bytes| shown_bytes(bytes) == *wanted),
            _ => false,
        }
    }

    /// Whether no value of a column can be it, seen from how the column is kept.
    fn is_absent(&self, cells: &Cells<'_>) -> bool {
        match (self, cells) {
            (Self::Text { code, .. }, Cells::Codes(codes)) => {
                let Some(code) = code.map(i64::from) else { return true };
                let in_list =
                    codes.as_local().is_none_or(|(values, _)| values.binary_search(&code).is_ok());
                !in_list || codes.as_constant().is_some_and(|only| only != code)
            }
            _ => false,
        }
    }
}

fn text_of(key: u32, cells: &Cells<'_>, place: usize, dictionary: &Dictionary) -> Option<Vec<u8>> {
    match cells {
        Cells::Numbers(_) => None,
        Cells::Decimals(numbers) => numbers.get(place).map(written),
        Cells::Codes(codes) => {
            let code = u32::try_from(codes.get(place)?).ok()?;
            dictionary.value(key, code).ok().map(<[u8]>::to_vec)
        }
        Cells::Texts(texts) => texts.get(place).map(<[u8]>::to_vec),
    }
}

fn set(bits: &mut Bits, row: usize) {
    if let Some(word) = bits.get_mut(row / 64) {
        *word |= 1 << (row % 64);
    }
}

/// Sets the rows that have a value of a key for which `is` holds.
fn mark(
    frame: &Frame<'_>,
    slot: u32,
    dictionary: &Dictionary,
    bits: &mut Bits,
    mut is: impl FnMut(usize) -> bool,
) -> Result<()> {
    let of_list = |place: usize| {
        let slots = frame.list(place as u32, dictionary)?;
        Ok(slots.iter().filter(|of| **of == slot).count())
    };
    let counts: Vec<usize> = (0..frame.lists()).map(of_list).collect::<Result<_>>()?;
    let mut next = 0;
    for (row, shape) in frame.row_shapes().enumerate() {
        let count = counts.get(shape.list as usize).copied().unwrap_or(0);
        if count > 0 && (next..next + count).any(&mut is) {
            set(bits, row);
        }
        next += count;
    }
    Ok(())
}

fn keys_of<'d>(
    dictionary: &'d Dictionary,
    name: &[u8],
) -> impl Iterator<Item = (u32, ValueKind)> + 'd {
    let name = dictionary.code_of_name(name);
    let keys = dictionary
        .keys()
        .filter(move |(_, key)| Some(key.name) == name && key.owner == Owner::Span);
    keys.map(|(code, key)| (code, key.kind))
}

impl<'a> Question<'a> {
    /// None when nothing can be it.
    fn tag(tag: &'a TagFilter, dictionary: &Dictionary) -> Option<Self> {
        let keys = keys_of(dictionary, tag.key.as_bytes());
        let wanted =
            |(key, kind)| Some((key, Wanted::of(key, kind, tag.value.as_deref(), dictionary)?));
        let keys: Vec<_> = keys.filter_map(wanted).collect();
        (!keys.is_empty()).then_some(Self::Tag(keys))
    }

    fn keyword(text: &'a str, dictionary: &Dictionary) -> Self {
        let mut statement =
            keys_of(dictionary, STATEMENT).filter(|(_, kind)| *kind == ValueKind::Text);
        let statement = statement.next().map(|(key, _)| key);
        Self::Keyword { text: text.as_bytes(), statement, names: RefCell::default() }
    }

    fn ask(&self, reader: &Reader<'_>, number: usize) -> Result<Bits> {
        let frame = reader.frame(number)?;
        let dictionary = reader.dictionary;
        let mut bits = vec![0; frame.rows.div_ceil(64)];
        match self {
            Self::Tag(keys) => {
                for (key, wanted) in keys {
                    let Some(slot) = frame.slot_of(*key) else { continue };
                    let (_, cells) = frame.cells(slot)?;
                    if !wanted.is_absent(cells) {
                        mark(frame, slot, dictionary, &mut bits, |place| {
                            wanted.is(*key, cells, place, dictionary)
                        })?;
                    }
                }
            }
            Self::Keyword { text, statement, names } => {
                mark_operations(frame, text, dictionary, &mut names.borrow_mut(), &mut bits)?;
                if let Some((key, slot)) =
                    statement.and_then(|key| Some((key, frame.slot_of(key)?)))
                {
                    let (_, cells) = frame.cells(slot)?;
                    let is = |place| {
                        text_of(key, cells, place, dictionary)
                            .is_some_and(|value| contains(&value, text))
                    };
                    mark(frame, slot, dictionary, &mut bits, is)?;
                }
            }
            Self::Id(id) => mark_ids(reader, number, id, &mut bits)?,
        }
        Ok(bits)
    }
}

fn mark_operations(
    frame: &Frame<'_>,
    keyword: &[u8],
    dictionary: &Dictionary,
    names: &mut HashMap<u32, bool, FixedState>,
    bits: &mut Bits,
) -> Result<()> {
    for (row, shape) in frame.row_shapes().enumerate() {
        let operation = shape.shape.operation;
        let has_it = match names.get(&operation) {
            Some(has_it) => *has_it,
            None => {
                let has_it = contains(dictionary.name(operation)?, keyword);
                names.insert(operation, has_it);
                has_it
            }
        };
        if has_it {
            set(bits, row);
        }
    }
    Ok(())
}

fn mark_ids(reader: &Reader<'_>, number: usize, id: &Id<'_>, bits: &mut Bits) -> Result<()> {
    let frame = reader.frame(number)?;
    let first = reader.head.head.frames.get(number).map_or(0, |place| place.first);
    if frame.ids.is_blank() {
        return Ok(());
    }
    for row in 0..frame.rows {
        let segment = reader.head.segment_of(first + row);
        if reader.span_id(frame, row, reader.head.near(segment)?, segment)? == *id {
            set(bits, row);
        }
    }
    Ok(())
}

impl<'r, 'a> Matcher<'r, 'a> {
    /// What `within` says of tags with a value, in the order of the filter, is where they may be; of tags behind them
    /// nothing is known. None when a key or value that is asked for is nowhere in the block, so that no segment of it
    /// can match.
    pub(super) fn new(
        reader: &'r Reader<'a>,
        filter: &'r SegmentFilter,
        within: &[Granules],
    ) -> Option<Self> {
        let mut questions = Vec::new();
        let mut within = within.iter().copied();
        for tag in &filter.tags {
            let question = Question::tag(tag, reader.dictionary)?;
            let within = tag.value.as_ref().and_then(|_| within.next());
            questions.push((question, within.unwrap_or(Granules::ALL)));
        }
        let mut ask = |question| questions.push((question, Granules::ALL));
        if let Some(text) = filter.keyword.as_deref() {
            ask(Question::keyword(text, reader.dictionary));
        }
        if let Some(id) = filter.span_id.as_deref() {
            if id.is_empty() {
                return None;
            }
            ask(Question::Id(Id::parse(id.as_bytes())));
        }
        let frames = reader.head.head.frames.len();
        let unasked = || (0..frames).map(|_| OnceCell::new()).collect();
        let asked = questions.into_iter().map(|(question, within)| Asked {
            question,
            within,
            frames: unasked(),
        });
        Some(Self { reader, asked: asked.collect() })
    }

    /// Whether all questions have an answer in a segment.
    pub(super) fn matches(&self, segment: usize) -> Result<bool> {
        for asked in &self.asked {
            let is_its_id = match &asked.question {
                Question::Id(id) => self.reader.head.segment_id(segment)? == *id,
                _ => false,
            };
            if !is_its_id && !self.is_in(asked, segment)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_in(&self, asked: &Asked<'r>, segment: usize) -> Result<bool> {
        let spans = self.reader.head.spans(segment);
        let mut row = spans.start;
        while row < spans.end {
            let Some((number, place)) = self.reader.locate(row) else { break };
            let next =
                self.reader.head.head.frames.get(number).map_or(1, |frame| frame.rows - place);
            let end = place + next.min(spans.end - row);
            if asked.within.has(number, asked.frames.len())
                && self.has(asked, number, place..end)?
            {
                return Ok(true);
            }
            row += next;
        }
        Ok(false)
    }

    /// Whether any of some rows of a frame is an answer.
    fn has(&self, asked: &Asked<'r>, number: usize, rows: Range<usize>) -> Result<bool> {
        let Some(cell) = asked.frames.get(number) else { return Ok(false) };
        let bits = match cell.get() {
            Some(bits) => bits,
            None => {
                let bits = asked.question.ask(self.reader, number)?;
                cell.get_or_init(|| bits)
            }
        };
        let is_set =
            |row: usize| bits.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 != 0);
        Ok(rows.into_iter().any(is_set))
    }
}
