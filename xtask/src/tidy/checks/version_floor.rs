//! Versions below which a dependency has a published hole.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "version-floor";

/// Package, lowest version without the advisory, advisory.
static FLOOR: &[(&str, &str, &str)] = &[
    ("async-graphql", "4.0.6", "RUSTSEC-2022-0037"),
    ("bytes", "1.11.1", "RUSTSEC-2026-0007"),
    ("crossbeam-channel", "0.5.15", "RUSTSEC-2025-0024"),
    ("h2", "0.4.16", "RUSTSEC-2026-0258"),
    ("idna", "1.0.0", "RUSTSEC-2024-0421"),
    ("lz4_flex", "0.12.1", "RUSTSEC-2026-0041"),
    ("memmap2", "0.9.11", "RUSTSEC-2026-0186"),
    ("protobuf", "3.7.2", "RUSTSEC-2024-0437"),
    ("quick-xml", "0.41.0", "RUSTSEC-2026-0195"),
    ("rustls", "0.23.18", "RUSTSEC-2024-0399"),
    ("rustls-webpki", "0.103.13", "RUSTSEC-2026-0104"),
    ("slab", "0.4.11", "RUSTSEC-2025-0047"),
    ("sqlx", "0.8.1", "RUSTSEC-2024-0363"),
    ("time", "0.3.47", "RUSTSEC-2026-0009"),
    ("tokio", "1.44.2", "RUSTSEC-2025-0023"),
    ("tonic", "0.12.3", "RUSTSEC-2024-0376"),
    ("tracing-subscriber", "0.3.20", "RUSTSEC-2025-0055"),
];

/// Packages that are not used at all, with the reason.
static REFUSED: &[(&str, &str)] = &[
    ("ammonia", "RUSTSEC-2026-0193 and 0213; we render no foreign HTML"),
    ("bincode", "RUSTSEC-2025-0141, unmaintained"),
];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lock = project.tree.text("Cargo.lock").unwrap_or_default();
    for (line, name, version) in locked(lock) {
        if let Some((_, floor, advisory)) = FLOOR.iter().find(|(package, ..)| *package == name)
            && numbers(version) < numbers(floor)
        {
            let message = format!("{name} {version} is below {floor} ({advisory})");
            findings.push(Finding::new(RULE, "Cargo.lock", line, message, "cargo update it"));
        }
        if let Some((_, reason)) = REFUSED.iter().find(|(package, _)| *package == name) {
            let message = format!("{name} is refused: {reason}");
            findings.push(Finding::new(RULE, "Cargo.lock", line, message, "do without it"));
        }
    }
    findings
}

/// Line of the version, name and version of every package in a lock file.
fn locked(lock: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let value = |line: &'_ str, key: &str| -> Option<(usize, usize)> {
        let start = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        Some((line.len() - start.len(), line.len().checked_sub(1)?))
    };
    let lines = lock.lines().zip(lock.lines().skip(1)).enumerate();
    lines.filter_map(move |(at, (first, second))| {
        let (name, version) = (value(first, "name")?, value(second, "version")?);
        Some((at + 2, first.get(name.0..name.1)?, second.get(version.0..version.1)?))
    })
}

/// The numbers of a version; pre-releases and build marks are left out.
fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or(version);
    release.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn old_and_refused_packages_are_found() {
        let lock = "[[package]]\nname = \"h2\"\nversion = \"0.4.9\"\n\n[[package]]\nname = \"slab\"\n\
                    version = \"0.4.11\"\n\n[[package]]\nname = \"bincode\"\nversion = \"2.0.0\"\n";
        let project = Project::of(&[("Cargo.lock", lock)]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("Cargo.lock:3: version-floor: h2 0.4.9 is below 0.4.16"));
        assert!(found[1].starts_with("Cargo.lock:11: version-floor: bincode is refused"));
    }
}
