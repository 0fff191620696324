//! Codes of names by the symbols that receivers gave them, so that a name is hashed once and not once for each batch.

use skytrail_model::text::{Symbol, SymbolSpace};

/// What stands for a code that is not known.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// Spaces that are kept in mind: more than there are shards.
const SPACES: usize = 16;
/// Symbols of a space that are kept in mind.
const SYMBOLS: usize = 1 << 20;

/// Codes of names by symbol.
#[derive(Debug, Default)]
pub(crate) struct SymbolCodes {
    spaces: Vec<(SymbolSpace, Vec<u32>)>,
}

impl SymbolCodes {
    /// Codes by symbol, as far as they are known; [`UNKNOWN`] where not.
    pub(crate) fn of(&self, space: SymbolSpace) -> &[u32] {
        let found = self.spaces.iter().find(|(of, _)| *of == space);
        found.map(|(_, codes)| codes.as_slice()).unwrap_or_default()
    }

    /// Keeps in mind what code a symbol has.
    pub(crate) fn learn(&mut self, space: SymbolSpace, symbol: Symbol, code: u32) {
        let place = symbol.0 as usize;
        if space == SymbolSpace::NONE || place >= SYMBOLS {
            return;
        }
        let Some(codes) = self.codes(space) else { return };
        if codes.len() <= place {
            codes.resize((place + 1).next_power_of_two(), UNKNOWN);
        }
        if let Some(known) = codes.get_mut(place) {
            *known = code;
        }
    }

    fn codes(&mut self, space: SymbolSpace) -> Option<&mut Vec<u32>> {
        let known = self.spaces.iter().position(|(of, _)| *of == space);
        let place = match known {
            Some(place) => place,
            None => {
                // A table that was emptied does not come again.
                self.spaces.retain(|(of, _)| of.shard != space.shard);
                self.spaces.truncate(SPACES - 1);
                self.spaces.push((space, Vec::new()));
                self.spaces.len() - 1
            }
        };
        self.spaces.get_mut(place).map(|(_, codes)| codes)
    }

    pub(crate) fn memory(&self) -> usize {
        self.spaces.iter().map(|(_, codes)| codes.capacity() * size_of::<u32>()).sum()
    }
}
