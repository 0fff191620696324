//! Parameters that change nothing.

pub enum CParameter {
    ContentSizeFlag(bool),
    ChecksumFlag(bool),
}
