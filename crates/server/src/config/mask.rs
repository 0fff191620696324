//! Secrets never leave the process.

use serde_json::Value;

/// What stands in place of a secret.
const MASK: &str = "******";

/// Last parts of keys that hold secrets.
const SECRETS: [&str; 4] = ["token", "password", "secret", "access_key"];

/// Whether a key holds a secret.
pub(super) fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    SECRETS.iter().any(|secret| last == *secret || last.ends_with(&format!("_{secret}")))
}

/// A value as it may be shown; unset secrets show as unset.
pub(super) fn masked(key: &str, value: &Value) -> String {
    match value {
        Value::String(text) if is_secret(key) && !text.is_empty() => MASK.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
