//! A file that was written, with changes that an input makes to it.

/// Applies changes of four bytes each: two of a place, one of what is done, one of a
/// value. Places are counted from the start, or from the end.
pub fn edited(written: &[u8], input: &[u8]) -> Vec<u8> {
    let mut bytes = written.to_vec();
    for change in input.as_chunks::<4>().0.iter().take(64) {
        let [low, high, what, value] = *change;
        let place = usize::from(u16::from_le_bytes([low, high]));
        let place = if what & 128 == 0 { place } else { bytes.len().saturating_sub(place + 1) };
        let Some(rest) = bytes.get_mut(place..) else { continue };
        match what % 8 {
            0 | 1 => rest.iter_mut().take(1).for_each(|byte| *byte = value),
            2 => rest.iter_mut().take(1).for_each(|byte| *byte ^= value),
            3 => rest.iter_mut().take(1).for_each(|byte| *byte = byte.wrapping_add(value)),
            4 => rest.iter_mut().take(8).for_each(|byte| *byte = value),
            5 => rest.iter_mut().take(1 + usize::from(value)).for_each(|byte| *byte = 255),
            6 if rest.len() > 1 => bytes.insert(place, value),
            _ if rest.len() > 1 => drop(bytes.remove(place)),
            _ => {}
        }
    }
    bytes
}
