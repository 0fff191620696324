//! Codes of the names of batches, each looked up once.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_model::batch::SpanBatch;
use skytrail_model::text::NameId;

use super::kept::{Kept, name_of};
use crate::dictionary::{Grow, Owner, UNKNOWN, ValueKind};

/// Codes of the names of a batch.
#[derive(Debug)]
struct Memo<'a> {
    batch: &'a SpanBatch,
    names: Vec<u32>,
}

/// Codes of the names of the batches of a block.
#[derive(Debug, Default)]
pub(super) struct Memos<'a> {
    batches: Vec<Memo<'a>>,
}

impl<'a> Memos<'a> {
    /// Numbers the batches.
    pub(super) fn of(kept: &mut [Kept<'a>], grow: &Grow) -> Self {
        let mut numbers: HashMap<*const SpanBatch, usize, FixedState> = HashMap::default();
        let mut memos = Self::default();
        for kept in kept {
            let batch = kept.batch;
            kept.memo = *numbers.entry(std::ptr::from_ref(batch)).or_insert_with(|| {
                let codes = grow.symbols.of(batch.space);
                let code = |symbol: u32| codes.get(symbol as usize).copied().unwrap_or(UNKNOWN);
                let names = batch.names.iter().map(|name| code(name.symbol.0)).collect();
                memos.batches.push(Memo { batch, names });
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
            if let Some(named) = memo.batch.names.get(name.0 as usize) {
                grow.symbols.learn(memo.batch.space, named.symbol, *code);
            }
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
        let name = self.name(memo, name, grow);
        grow.key(name, owner, kind)
    }
}
