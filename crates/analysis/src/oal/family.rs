//! The questions that rules ask about one event, each asked once.

use skytrail_lang::oal::Operator;

use super::condition::{Test, TextRead};
use super::event::Event;
use super::key::{Key, KeyMask};

/// Distinct questions of one family: the answers are the bits of a word.
pub(crate) const MAX_TESTS: usize = 64;

/// Sources that are made from one event share their questions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Family {
    tests: Vec<Test>,
    /// The frequent kind: a number is this one.
    equals: Vec<Equal>,
    others: Vec<Other>,
    /// Those about a tag, which most events do not have.
    tagged: Vec<Tagged>,
    /// The tags, and the answers where there is none of them.
    keys: KeyMask,
    without_tags: u64,
    /// Whether anything reads texts of the event.
    pub(crate) reads_texts: bool,
    /// Bits of the numbers that anything reads.
    numbers: u16,
}

#[derive(Debug, Clone, Copy)]
struct Equal {
    field: u8,
    bit: u8,
    right: i64,
}

#[derive(Debug, Clone)]
struct Other {
    bit: u8,
    test: Test,
}

#[derive(Debug, Clone)]
struct Tagged {
    bit: u8,
    key: Key,
    /// The answer where there is no such tag.
    without: bool,
    test: Test,
}

impl Family {
    /// The bit of a question's answer; none when there are too many.
    pub(super) fn ask(&mut self, test: Test) -> Option<u64> {
        if let Some(known) = self.tests.iter().position(|known| *known == test) {
            return Some(1 << known);
        }
        let bit = self.tests.len();
        if bit >= MAX_TESTS {
            return None;
        }
        self.tests.push(test.clone());
        self.reads_texts |= test.reads_texts();
        if let Some(field) = test.number() {
            self.read(field);
        }
        match test {
            Test::Int(field, Operator::Equal, right) => {
                self.equals.push(Equal { field, bit: bit as u8, right });
            }
            test => self.ask_other(bit as u8, test),
        }
        Some(1 << bit)
    }

    fn ask_other(&mut self, bit: u8, test: Test) {
        match test.without_tag() {
            Some((key, without)) => {
                self.keys.insert(key);
                self.without_tags |= u64::from(without) << bit;
                self.tagged.push(Tagged { bit, key, without, test });
            }
            None => self.others.push(Other { bit, test }),
        }
    }

    /// Notes that a column reads a number.
    pub(super) fn read(&mut self, field: u8) {
        self.numbers |= 1 << field;
    }

    /// Whether anything reads a number; one that nothing reads need not be set.
    #[inline]
    pub(crate) fn reads(&self, field: u8) -> bool {
        self.numbers & (1 << field) != 0
    }

    /// The answers to all questions about an event.
    #[inline]
    pub(crate) fn answers(&self, event: &Event<'_>) -> u64 {
        let mut bits = 0;
        for equal in &self.equals {
            bits |= u64::from(event.number(equal.field) == equal.right) << equal.bit;
        }
        for other in &self.others {
            bits |= u64::from(other.test.holds(event)) << other.bit;
        }
        if !event.has_tag_of(self.keys) {
            return bits | self.without_tags;
        }
        for tagged in &self.tagged {
            let answer = match event.has_tag(tagged.key) {
                true => tagged.test.holds(event),
                false => tagged.without,
            };
            bits |= u64::from(answer) << tagged.bit;
        }
        bits
    }
}

impl Test {
    /// The number that it looks at.
    fn number(&self) -> Option<u8> {
        match self {
            Self::Int(field, ..)
            | Self::IntIn(field, _)
            | Self::Float(field, ..)
            | Self::FloatIn(field, _) => Some(*field),
            _ => None,
        }
    }

    /// The tag that it is about, and the answer where there is none.
    fn without_tag(&self) -> Option<(Key, bool)> {
        match self {
            Self::Absent(TextRead::Tag(key), is_absent) => Some((*key, *is_absent)),
            Self::Text(TextRead::Tag(key), operator, _) => {
                Some((*key, *operator == Operator::NotEqual))
            }
            Self::Like(TextRead::Tag(key), _)
            | Self::TextIn(TextRead::Tag(key), _)
            | Self::Cast(TextRead::Tag(key), ..)
            | Self::CastIn(TextRead::Tag(key), ..)
            | Self::Parses(TextRead::Tag(key), _) => Some((*key, false)),
            _ => None,
        }
    }
}
