//! The state that a checkpoint keeps: what depends on the order of batches.
//! Windows are not in it, because they are appended before.
//!
//! ```text
//! what the receivers keep | the rules: length, then what they were compiled from
//!                         | shards: count, then length and names of each
//!                         | sides of calls that wait
//!                         | length of the first part (8 bytes) | version (4 bytes)
//! ```
//!
//! What the receivers keep is the largest part. It comes first, so that it need
//! not be copied while the shards stand still; its length is at the end.

mod bytes;

pub(crate) use bytes::{Reader, put_number, put_signed, put_text};

use crate::directory::Saved;
use crate::error::{Error, Result};
use crate::pair::PairingState;

/// Grows when older states can no longer be read.
const VERSION: u32 = 3;

/// Bytes of the length and the version.
const TRAILER: usize = 12;

/// What a checkpoint kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State<'a> {
    /// What the receivers gave; it means nothing here.
    pub(crate) receivers: &'a [u8],
    /// What the rules were compiled from.
    pub(crate) rules: &'a [u8],
    /// By shard: what counts against its limits.
    pub(crate) shards: Vec<Vec<Saved>>,
    /// Sides of calls that wait for their other side.
    pub(crate) pairing: PairingState,
}

impl<'a> State<'a> {
    /// `receivers`, with everything else behind it.
    pub(crate) fn encode(
        receivers: Vec<u8>,
        rules: &[u8],
        shards: &[Vec<u8>],
        pairing: &[u8],
    ) -> Vec<u8> {
        let len = receivers.len() as u64;
        let mut bytes = receivers;
        let shards_len: usize = shards.iter().map(|shard| shard.len() + 10).sum();
        bytes.reserve(rules.len() + shards_len + pairing.len() + 20 + TRAILER);
        put_number(&mut bytes, rules.len() as u64);
        bytes.extend_from_slice(rules);
        put_number(&mut bytes, shards.len() as u64);
        for shard in shards {
            put_number(&mut bytes, shard.len() as u64);
            bytes.extend_from_slice(shard);
        }
        bytes.extend_from_slice(pairing);
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes
    }

    /// Reads a state; nothing for an empty one.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Option<Self>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(bytes);
        let body = reader.bytes(bytes.len().saturating_sub(TRAILER))?;
        let len = u64::from_le_bytes(reader.array()?);
        let version = u32::from_le_bytes(reader.array()?);
        if version != VERSION {
            return Err(Error::invalid(format!(
                "checkpoint: state cannot be read: it has version {version}, this program reads \
                 {VERSION}"
            )));
        }
        let mut reader = Reader::new(body);
        let receivers = reader.bytes(usize::try_from(len).unwrap_or(usize::MAX))?;
        let len = reader.count()?;
        let rules = reader.bytes(len)?;
        let mut shards = Vec::new();
        for _ in 0..reader.count()? {
            let len = reader.count()?;
            shards.push(Saved::read_all(reader.bytes(len)?)?);
        }
        let pairing = PairingState::read(&mut reader)?;
        reader.end()?;
        Ok(Some(Self { receivers, rules, shards, pairing }))
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::config::Config;
    use crate::pair::Pairing;

    fn state() -> Vec<u8> {
        let pairing = Pairing::new(1, Config::default().validate().unwrap().pairing);
        let shards = [vec![0; 12], vec![0; 12]];
        State::encode(b"receivers".to_vec(), b"rules", &shards, &pairing.save())
    }

    #[test]
    fn states_read_back_and_others_are_refused() {
        let bytes = state();
        let read = State::decode(&bytes).unwrap().unwrap();
        assert_eq!((read.receivers, read.rules), (&b"receivers"[..], &b"rules"[..]));
        assert_eq!(read.shards, vec![Vec::new(); 2]);
        assert_eq!(State::decode(&[]).unwrap(), None);
        let mut other = bytes.clone();
        let version = other.len() - 4;
        other[version] = 9;
        assert!(State::decode(&other).unwrap_err().context.contains("version 9"));
    }

    #[test]
    fn a_state_that_is_cut_off_or_changed_is_refused_or_read_and_never_a_panic() {
        let bytes = state();
        for cut in 1..bytes.len() {
            assert!(State::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        for place in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[place] ^= flip;
                let _ = State::decode(&changed);
            }
        }
    }
}
