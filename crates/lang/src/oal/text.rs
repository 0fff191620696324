//! Literals: from their spelling to their value.

/// The value of a whole number: underscores group digits, a trailing `l` is ignored.
pub(super) fn int(spelling: &str) -> Result<i64, String> {
    let digits: String = spelling.chars().filter(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("number `{spelling}` is larger than {}", i64::MAX))
}

/// The value of a fractional number.
pub(super) fn float(spelling: &str) -> Result<f64, String> {
    let digits: String = spelling.chars().filter(|c| *c != '_').collect();
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!("number `{spelling}` is too large")),
    }
}

/// The content of a quoted text, escapes resolved as in Java: `\b \t \n \f \r \" \' \\`, octal
/// `\0` to `\377`, `\u0041`.
pub(super) fn unquote(spelling: &str) -> Result<String, String> {
    let inner = spelling.strip_prefix('"').and_then(|s| s.strip_suffix('"')).unwrap_or(spelling);
    let mut content = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        content.push(if c == '\\' { escaped(&mut rest)? } else { c });
    }
    Ok(content)
}

fn escaped(rest: &mut std::str::Chars<'_>) -> Result<char, String> {
    match rest.next() {
        Some('b') => Ok('\u{8}'),
        Some('t') => Ok('\t'),
        Some('n') => Ok('\n'),
        Some('f') => Ok('\u{c}'),
        Some('r') => Ok('\r'),
        Some(c @ ('"' | '\'' | '\\')) => Ok(c),
        Some(c @ '0'..='7') => Ok(octal(c, rest)),
        Some('u') => unicode(rest),
        Some(c) => Err(format!("`\\{}` is not an escape", c.escape_debug())),
        None => Err("`\\` ends the text".into()),
    }
}

/// At most three digits, the first of three at most 3.
fn octal(first: char, rest: &mut std::str::Chars<'_>) -> char {
    let more = if first <= '3' { 2 } else { 1 };
    let mut value = first.to_digit(8).unwrap_or_default();
    for _ in 0..more {
        let Some(digit) = rest.as_str().chars().next().and_then(|c| c.to_digit(8)) else { break };
        rest.next();
        value = value * 8 + digit;
    }
    char::from_u32(value).unwrap_or_default()
}

fn unicode(rest: &mut std::str::Chars<'_>) -> Result<char, String> {
    let digits = rest.as_str().trim_start_matches('u');
    let code = digits.get(..4).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let Some(hex) = code else { return Err("`\\u` needs four hexadecimal digits".into()) };
    *rest = digits.get(4..).unwrap_or_default().chars();
    u32::from_str_radix(hex, 16)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| format!("`\\u{hex}` is not a character"))
}

#[cfg(test)]
mod tests {
    use super::{float, int, unquote};

    #[test]
    fn escapes_are_java_s() {
        assert_eq!(unquote(r#""a\tb\"\\\101\7x\u00e9\uu0041""#).unwrap(), "a\tb\"\\A\u{7}x\u{e9}A");
        assert_eq!(unquote(r#""\377\400""#).unwrap(), "\u{ff}\u{20}0");
    }

    #[test]
    fn bad_escapes_say_why() {
        for (spelling, message) in [
            (r#""\q""#, "`\\q` is not an escape"),
            (r#""\u12""#, "`\\u` needs four hexadecimal digits"),
            (r#""\ud800""#, "`\\ud800` is not a character"),
        ] {
            assert_eq!(unquote(spelling).unwrap_err(), message);
        }
    }

    #[test]
    fn numbers() {
        assert_eq!(int("1_000L"), Ok(1000));
        assert_eq!(float("1_0.5"), Ok(10.5));
        assert_eq!(
            int("9223372036854775808").unwrap_err(),
            "number `9223372036854775808` is larger than 9223372036854775807"
        );
        assert!(float(&format!("{}.0", "9".repeat(400))).is_err());
    }
}
