//! One index of several.

use super::{Entries, Entry, HashKind, Page, PageWriter};
use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::group::GroupWriter;
use crate::hashes::HashIndex;

/// Entries that are held at once, about: hashes are spread evenly.
const AT_ONCE: usize = 128 << 10;

/// An index that is merged.
struct Input<'a> {
    entries: Entries<'a>,
    /// What was read and not taken yet.
    waiting: Option<Entry>,
    shift: u32,
}

impl Input<'_> {
    /// Takes entries with hashes below a bound; none takes all.
    fn take(&mut self, bound: Option<u64>, into: &mut Vec<Entry>) -> Result<()> {
        loop {
            let next = match self.waiting.take() {
                Some(entry) => Some(entry),
                None => self.entries.next().transpose()?,
            };
            let Some(entry) = next else { return Ok(()) };
            if bound.is_some_and(|bound| entry.hash >= bound) {
                self.waiting = Some(entry);
                return Ok(());
            }
            let number = entry.number.checked_add(self.shift);
            let number =
                number.ok_or_else(|| Error::corrupt("index of hashes: a number that cannot be"))?;
            into.push(Entry { number, ..entry });
        }
    }
}

/// Gives the pages of one index of what is in several of the same kind, some at a time; to the numbers of each is added
/// what stands with it.
pub fn put_merged(
    kind: HashKind,
    inputs: &[(&HashIndex, &dyn Fetch, u32)],
    writer: &mut GroupWriter,
    put: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<Vec<Page>> {
    let room: usize = inputs.iter().map(|(index, ..)| index.room()).sum();
    let steps = (room / AT_ONCE) as u64 + 1;
    let inputs = inputs.iter().map(|(index, fetch, shift)| Input {
        entries: index.entries(*fetch),
        waiting: None,
        shift: *shift,
    });
    let mut inputs: Vec<_> = inputs.collect();
    let mut pages = PageWriter::new(kind, writer);
    let (mut some, mut out) = (Vec::new(), Vec::new());
    for step in 1..=steps {
        // No hash is above the greatest one.
        let bound = (step < steps).then(|| kind.kept(u64::MAX / steps * step));
        inputs.iter_mut().try_for_each(|input| input.take(bound, &mut some))?;
        // Runs that ascend already, which this sort makes use of.
        some.sort();
        some.dedup();
        some.drain(..).for_each(|entry| pages.push(entry, &mut out));
        put(&out)?;
        out.clear();
    }
    let pages = pages.finish(&mut out);
    put(&out)?;
    Ok(pages)
}
