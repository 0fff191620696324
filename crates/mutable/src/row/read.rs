//! Reads payloads. Nothing is believed: what does not fit is none.

use skytrail_model::entity::ServiceRef;

use super::VERSION;

/// What is left of a payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Behind the version; none for one that is not known here.
    pub(crate) fn versioned(payload: &'a [u8]) -> Option<Self> {
        let (version, rest) = payload.split_first()?;
        (*version == VERSION).then_some(Self { rest })
    }

    pub(crate) fn of(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// Everything that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }

    /// Seven bits a byte, the lowest first; the shortest form only, so that
    /// equal rows have equal bytes.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let is_lost = bits.checked_shl(shift)? >> shift != bits;
            let is_padded = byte == 0 && shift > 0;
            if is_lost || is_padded {
                return None;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let len = usize::try_from(self.number()?).ok()?;
        text_of(self.bytes(len)?)
    }

    pub(crate) fn service(&mut self) -> Option<ServiceRef> {
        Some(ServiceRef { normal: self.flag()?, name: self.text()? })
    }
}

/// Bytes that are text.
pub(crate) fn text_of(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}
