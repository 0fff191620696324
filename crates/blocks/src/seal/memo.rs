//! Codes of the names of batches, each looked up once.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_model::batch::SpanBatch;
use skytrail_model::text::NameId;

use super::kept::{Kept, name_of};
use crate::dictionary::{Grow, Key, Owner, ValueKind};

const UNKNOWN: u32 = u32::MAX;

/// Codes of the names of a batch.
#[derive(Debug)]
struct Memo<'a> {
    batch: &'a SpanBatch,
    names: Vec<u32>,
    /// Of names as keys of text of spans.
    keys: Vec<u32>,
}

/// Codes of the names of the batches of a block.
#[derive(Debug, Default)]
pub(super) struct Memos<'a> {
    batches: Vec<Memo<'a>>,
}

impl<'a> Memos<'a> {
    /// Numbers the batches.
    pub(super) fn of(kept: &mut [Kept<'a>]) -> Self {
        let mut numbers: HashMap<*const SpanBatch, usize, FixedState> = HashMap::default();
        let mut memos = Self::default();
        for kept in kept {
            kept.memo = *numbers.entry(std::ptr::from_ref(kept.batch)).or_insert_with(|| {
                let unknown = || vec![UNKNOWN; kept.batch.names.len()];
                memos.batches.push(Memo { batch: kept.batch, names: unknown(), keys: unknown() });
                memos.batches.len() - 1
            });
        }
        memos
    }

    pub(super) fn name(&mut self, memo: usize, name: NameId, grow: &mut Grow) -> u32 {
        let Some(memo) = self.batches.get_mut(memo) else { return grow.names.code(b"") };
        let Some(code) = memo.names.get_mut(name.0 as usize) else { return grow.names.code(b"") };
        if *code == UNKNOWN {
            *code = grow.names.code(name_of(memo.batch, name));
        }
        *code
    }

    pub(super) fn key(
        &mut self,
        memo: usize,
        name: NameId,
        owner: Owner,
        kind: ValueKind,
        grow: &mut Grow,
    ) -> u32 {
        let is_common = owner == Owner::Span && kind == ValueKind::Text;
        let place = name.0 as usize;
        let known = self.batches.get(memo).and_then(|memo| memo.keys.get(place)).copied();
        if let Some(code) = known.filter(|code| is_common && *code != UNKNOWN) {
            return code;
        }
        let text = self.name(memo, name, grow);
        let code = grow.keys.code(&Key { name: text, owner, kind });
        let known = self.batches.get_mut(memo).and_then(|memo| memo.keys.get_mut(place));
        if let Some(known) = known.filter(|_| is_common) {
            *known = code;
        }
        code
    }
}
