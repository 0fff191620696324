//! `skytrail oal`.

use anyhow::{Context, bail};

use crate::cli::OalAction;
use crate::show;

/// Runs `skytrail oal`.
pub fn run(action: &OalAction) -> anyhow::Result<()> {
    let OalAction::Check { files } = action;
    let mut texts = Vec::new();
    for path in files {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        texts.push((shown, text));
    }
    let named: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let report = skytrail_analysis::check_rules(&named);
    show::line(&report.to_string());
    if !report.is_right() {
        bail!("the rules are not right; what is wrong stands above");
    }
    Ok(())
}
