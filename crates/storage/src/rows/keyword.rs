//! Text search that ignores ASCII case.

/// A text to look for, as [`crate::SegmentFilter::keyword`] says.
#[derive(Debug, Clone, Copy)]
pub struct Keyword<'a> {
    text: &'a [u8],
}

impl<'a> Keyword<'a> {
    /// Looks for a text.
    pub fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes() }
    }

    /// Whether a text contains it; every text contains the empty one.
    pub fn is_in(&self, text: &[u8]) -> bool {
        let Some(first) = self.text.first() else { return true };
        let Some(last) = text.len().checked_sub(self.text.len()) else { return false };
        let starts = text.iter().take(last + 1).enumerate();
        let mut starts = starts.filter(|(_, byte)| byte.eq_ignore_ascii_case(first));
        starts.any(|(start, _)| {
            let window = text.get(start..start + self.text.len());
            window.is_some_and(|window| window.eq_ignore_ascii_case(self.text))
        })
    }
}
