//! Text search that ignores ASCII case.

/// Whether a text contains another one; every text contains the empty one.
pub(super) fn contains(text: &[u8], keyword: &[u8]) -> bool {
    let Some(first) = keyword.first() else { return true };
    let mut windows = text.windows(keyword.len());
    windows.any(|window| {
        window.first().is_some_and(|byte| byte.eq_ignore_ascii_case(first))
            && window.eq_ignore_ascii_case(keyword)
    })
}
