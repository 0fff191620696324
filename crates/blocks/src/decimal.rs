//! Numbers in decimal digits, as they are written: without zeros before them.

/// A number in decimal digits, written as numbers are: without zeros before it.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    let is_written_so = match text {
        [] => false,
        [b'0', rest @ ..] => rest.is_empty(),
        digits => digits.len() <= 18,
    };
    if !is_written_so {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + u64::from(digit))
    })
}

/// Appends a number in decimal digits.
pub(crate) fn put_decimal(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// The same, with a sign where it is below zero.
pub(crate) fn signed_decimal(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        None => Some(decimal(text)?.cast_signed()),
        Some(digits) => {
            decimal(digits).filter(|number| *number != 0).map(|number| -number.cast_signed())
        }
    }
}

/// Appends a number in decimal digits.
pub(crate) fn put_signed_decimal(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    put_decimal(number.unsigned_abs(), out);
}
