//! Numbers as text, and rounding as it is done on paper.

/// A number as the protocol writes it: at most three decimals, half to even, no
/// grouping, no trailing zeros.
pub(super) fn decimal(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// Rounds half up at a decimal place, by the shortest decimal that means the
/// number: 2.345 is 2.35 at two places although its nearest binary fraction is
/// a little less.
pub(super) fn round_half_up(value: f64, places: u32) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    // `d.ddde-7`: the shortest digits and the exponent of the first one.
    let text = format!("{:e}", value.abs());
    let Some((mantissa, exponent)) = text.split_once('e') else { return value };
    let Ok(exponent) = exponent.parse::<i64>() else { return value };
    let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let kept = exponent + 1 + i64::from(places);
    if kept < 0 {
        return 0.0;
    }
    let kept = usize::try_from(kept).unwrap_or(usize::MAX);
    if kept >= digits.len() {
        return value;
    }
    let up = digits.get(kept).is_some_and(|digit| *digit >= b'5');
    let (digits, carry) = increment(digits.get(..kept).unwrap_or_default(), up);
    let leading = if carry { "1" } else { "0" };
    let scale = exponent + 1 - kept as i64;
    let rounded: f64 = format!("{leading}{digits}e{scale}").parse().unwrap_or(value);
    rounded.copysign(value)
}

/// The digits plus one in the last place, and whether a digit was carried out.
fn increment(digits: &[u8], up: bool) -> (String, bool) {
    let mut carry = up;
    let mut result: Vec<char> = Vec::with_capacity(digits.len());
    for digit in digits.iter().rev() {
        let digit = match (carry, digit) {
            (true, b'9') => b'0',
            (true, digit) => {
                carry = false;
                digit + 1
            }
            (false, digit) => *digit,
        };
        result.push(char::from(digit));
    }
    (result.into_iter().rev().collect(), carry)
}

#[cfg(test)]
mod tests {
    use super::{decimal, round_half_up};

    #[test]
    fn numbers_are_written_as_the_protocol_does() {
        let table = [
            (0.0, "0"),
            (100.0, "100"),
            (99.5, "99.5"),
            (1.0 / 3.0, "0.333"),
            (2.0 / 3.0, "0.667"),
            // Exact ties go to the even digit.
            (0.0625, "0.062"),
            (0.1875, "0.188"),
            // Not a tie: the nearest binary fraction is a little more.
            (2.0005, "2.001"),
            (1_234_567.891, "1234567.891"),
            (1e15, "1000000000000000"),
            (-100.111, "-100.111"),
            (-0.0004, "-0"),
            (f64::INFINITY, "∞"),
            (f64::NEG_INFINITY, "-∞"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in table {
            assert_eq!(decimal(value), expected, "{value}");
        }
    }

    #[test]
    fn rounding_is_that_of_the_decimal() {
        let table = [
            (2.345, 2, 2.35),
            (2.344, 2, 2.34),
            (-2.345, 2, -2.35),
            (100.111, 2, 100.11),
            (99.995, 2, 100.0),
            (0.5, 0, 1.0),
            (0.4, 0, 0.0),
            (9.5, 0, 10.0),
            (0.05, 1, 0.1),
            (0.004, 1, 0.0),
            (0.05, 0, 0.0),
            (123_456.0, 2, 123_456.0),
            (1e300, 2, 1e300),
        ];
        for (value, places, expected) in table {
            assert_eq!(round_half_up(value, places), expected, "{value} at {places}");
        }
        assert!(round_half_up(f64::NAN, 2).is_nan());
    }
}
