//! Rule files: the embedded ones, those of a folder, and what they say.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use skytrail_lang::oal::{MAX_FILE_BYTES, Program, explain, parse_files};
use skytrail_model::metric::Catalogue;
use skytrail_storage::Checkpoint;

use super::compile::{Extras, compile};
use super::plan::Plan;
use super::schema::SCHEMA;
use super::source::Source;
use crate::checkpoint::State;
use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};

/// The rule files in the binary, by name.
const EMBEDDED: [(&str, &str); 2] = [
    ("core.oal", include_str!("../../rules/oal/core.oal")),
    ("java-agent.oal", include_str!("../../rules/oal/java-agent.oal")),
];

/// The most files that a folder of rules may hold.
const MAX_FILES: usize = 100;

/// Compiled rules: the catalogue that stores and queries need, and the plan of
/// the analysis. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rules {
    plan: Arc<Plan>,
    source: Arc<[u8]>,
}

impl Rules {
    /// Reads the embedded rule files and those of `analysis.oal.dir`, of which
    /// a file with the name of an embedded one replaces it, and compiles them.
    pub fn load(settings: &Settings) -> Result<Self> {
        let mut files: BTreeMap<String, String> =
            EMBEDDED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        if let Some(folder) = &settings.oal_dir {
            files.extend(read_folder(folder)?);
        }
        let files: Vec<_> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::compile(&files, settings)
    }

    /// Compiles rule files, given as pairs of name and text.
    pub fn compile(files: &[(&str, &str)], settings: &Settings) -> Result<Self> {
        let owned = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let is_named = !settings.apdex.by_name.is_empty();
        Self::of(&Source { is_named, files: owned.collect() }, settings)
    }

    /// The rules that a checkpoint was made with. What else `settings` say counts as
    /// it is now.
    ///
    /// # Errors
    /// It is damaged, or this release does not understand those rules any more.
    pub fn of_checkpoint(checkpoint: &Checkpoint, settings: &Settings) -> Result<Option<Self>> {
        let Some(state) = State::decode(&checkpoint.state)? else { return Ok(None) };
        Self::of(&Source::decode(state.rules)?, settings).map(Some)
    }

    fn of(source: &Source, settings: &Settings) -> Result<Self> {
        let files = source.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let files: Vec<_> = files.collect();
        let (program, diagnostics) = parse_files(&files, &SCHEMA);
        if !diagnostics.is_empty() {
            let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
            let shown: Vec<_> = diagnostics
                .iter()
                .map(|found| found.render(texts.get(&*found.file).copied().unwrap_or_default()))
                .collect();
            return Err(Error::invalid(format!("rules are wrong\n{}", shown.join("\n"))));
        }
        let extras = Extras { is_named: source.is_named, searchable: settings.searchable_tags() };
        let (plan, warnings) = compile(&program, extras).map_err(Error::invalid)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        Ok(Self { plan: Arc::new(plan), source: source.encode().into() })
    }

    /// The metrics and tables of the rules.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.plan.catalogue.clone()
    }

    /// Hash of what the rules mean; rows made by other rules may have other
    /// columns. Comments, white space and the names of files mean nothing.
    pub fn hash(&self) -> u64 {
        self.plan.hash
    }

    /// What they were compiled from, for a checkpoint.
    pub(crate) fn source(&self) -> &[u8] {
        &self.source
    }

    pub(crate) fn plan(&self) -> Arc<Plan> {
        self.plan.clone()
    }
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Error::new(
            ErrorKind::Unreadable,
            format!("analysis.oal.dir: cannot read {}: {error}", path.display()),
        )
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let path = entry.map_err(|error| unreadable(folder, error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if !name.ends_with(".oal") {
            continue;
        }
        let size = std::fs::metadata(&path).map_err(|error| unreadable(&path, error))?.len();
        if size > MAX_FILE_BYTES as u64 || files.len() >= MAX_FILES {
            return Err(Error::invalid(format!(
                "analysis.oal.dir: at most {MAX_FILES} files of {MAX_FILE_BYTES} bytes are read, {} is beyond that",
                path.display()
            )));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        files.insert(name.to_owned(), text);
    }
    Ok(files)
}

/// What `skytrail oal check` says about rule files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Every right rule, explained: source, scope, value, filters, function.
    pub explanations: Vec<String>,
    /// Every fault, with its file, line and column, and what was probably meant.
    pub faults: Vec<String>,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_right(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.explanations.iter().chain(&self.faults);
        for (place, part) in parts.enumerate() {
            if place > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// Checks rule files, given as pairs of name and text, by themselves.
pub fn check_rules(files: &[(&str, &str)]) -> CheckReport {
    let (program, diagnostics) = parse_files(files, &SCHEMA);
    let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
    let mut faults: Vec<_> = diagnostics
        .iter()
        .map(|found| found.render(texts.get(&*found.file).copied().unwrap_or_default()))
        .collect();
    if let Err(fault) = compile(&program, Extras::default()) {
        faults.push(fault);
    }
    CheckReport { explanations: explanations(&program), faults }
}

fn explanations(program: &Program) -> Vec<String> {
    program.rules.iter().map(|rule| explain(rule, &SCHEMA).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use skytrail_model::metric::Formula;

    use super::{Rules, check_rules};
    use crate::config::Config;

    #[test]
    fn the_embedded_rules_define_the_catalogue() {
        let rules = Rules::load(&Config::default().validate().unwrap()).unwrap();
        let catalogue = rules.catalogue();
        assert_eq!(catalogue.metrics().len(), 95);
        let cpm = catalogue.metric("service_cpm").unwrap();
        assert!(cpm.has_layer_attribute);
        assert!(matches!(cpm.formula, Formula::PerMinute { .. }));
        let columns = |name: &str| {
            let table = catalogue.table(catalogue.table_of(name).unwrap()).unwrap();
            table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(
            columns("Service"),
            [
                "count",
                "count[status == true]",
                "sum(latency)",
                "apdex_satisfied(latency, name)[status == true]",
                "apdex_tolerated(latency, name)[status == true]",
                "histogram(latency)",
                "count[type == RequestType.MQ]",
                "sum((long)tag[\"transmission.latency\"])[(long)tag[\"transmission.latency\"] is a number && tag[\"transmission.latency\"] != null && type == RequestType.MQ]",
                "count[(long)tag[\"transmission.latency\"] is a number && tag[\"transmission.latency\"] != null && type == RequestType.MQ]",
            ]
        );
        assert_eq!(columns("ServiceInstance"), ["count", "count[status == true]", "sum(latency)"]);
    }

    #[test]
    fn a_folder_replaces_embedded_files_and_the_hash_tells() {
        let core = "service_cpm = from(Service.*).cpm(); disable(top_n_database_statement);";
        let settings = Config::default().validate().unwrap();
        let small = Rules::compile(&[("core.oal", core)], &settings).unwrap();
        assert_eq!(small.catalogue().metrics().len(), 1);
        assert!(!small.plan().keeps(skytrail_model::record::TopStream::DatabaseStatement));
        assert!(small.plan().keeps(skytrail_model::record::TopStream::CacheReadCommand));
        assert_ne!(small.hash(), Rules::load(&settings).unwrap().hash());
    }

    #[test]
    fn the_hash_is_of_what_rules_mean() {
        let settings = Config::default().validate().unwrap();
        let hash = |text: &str| Rules::compile(&[("a.oal", text)], &settings).unwrap().hash();
        let text = "slow = from(Service.latency).filter(latency > 100).longAvg();\n\
                    p = from(Service.latency).percentile(10);";
        let same = "// slow calls\nslow=from( Service.latency )\n  .filter(latency>100) . longAvg( );\n\
                    /* ranks */ p = from(Service.latency).percentile(10);";
        assert_eq!(hash(text), hash(same));
        for (part, other) in [
            ("latency > 100", "latency > 200"),
            ("latency > 100", "latency >= 100"),
            ("longAvg", "max"),
            ("slow", "slower"),
            ("Service", "ServiceInstance"),
            ("p = from(Service.latency).percentile(10);", ""),
        ] {
            assert_ne!(hash(text), hash(&text.replace(part, other)), "{other}");
        }
        // Another build must not refuse what this one stored.
        assert_eq!(hash(text), 0x1b70_6936_57a5_ad91);
    }

    #[test]
    fn faults_name_their_place_and_the_nearest_name() {
        let report = check_rules(&[(
            "mine.oal",
            "a_ok = from(Service.*).cpm();\nbad = from(Service.latancy).longAvg();\nwide = from(Service.latency).histogram(10, 90);",
        )]);
        assert!(!report.is_right());
        assert_eq!(report.explanations.len(), 1);
        let text = report.to_string();
        for part in
            ["mine.oal:2:", "latency", "mine.oal:3:", "number of steps 90 is not from 1 to 49"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
