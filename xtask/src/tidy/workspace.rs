//! The workspace as `cargo metadata` tells it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;

/// All packages: members in the order of the manifest, and everything they are built from.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<Package>,
    pub(crate) foreign: Vec<Package>,
    /// Names under `[workspace.dependencies]` with their line in the root manifest.
    pub(crate) shared_dependencies: Vec<(String, usize)>,
}

/// One package.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Folder relative to the workspace root; for foreign packages empty.
    pub(crate) folder: String,
    /// SPDX expression.
    pub(crate) licence: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    /// `[package.metadata.tidy] generated`: dependencies that only generated code names.
    pub(crate) used_by_generated_code: Vec<String>,
}

/// One line under some `[…dependencies]` of a package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Name of the package depended on.
    pub(crate) package: String,
    /// What the manifest calls it, the same unless renamed.
    pub(crate) name: String,
    /// Whether only tests and benchmarks may use it.
    pub(crate) for_tests: bool,
}

impl Workspace {
    /// Reads the answer of `cargo metadata` and the root manifest, which alone knows the order of
    /// the members and the lines.
    ///
    /// # Errors
    /// When either lacks what cargo always writes.
    pub(crate) fn parse(metadata: &str, manifest: &str) -> anyhow::Result<Self> {
        let metadata: Value = serde_json::from_str(metadata).context("cargo metadata: not JSON")?;
        let root = metadata.get("workspace_root").and_then(Value::as_str);
        let root = root.context("cargo metadata: no workspace_root")?;
        let packages = metadata.get("packages").and_then(Value::as_array);
        let mut by_folder = BTreeMap::new();
        let mut foreign = Vec::new();
        for value in packages.context("cargo metadata: no packages")? {
            let package = Package::parse(value, root).context("cargo metadata: odd package")?;
            if value.get("source").is_some_and(Value::is_string) {
                foreign.push(package);
            } else {
                by_folder.insert(package.folder.clone(), package);
            }
        }
        let members = members_in_order(manifest)
            .into_iter()
            .filter_map(|folder| by_folder.remove(&folder))
            .collect();
        Ok(Self { members, foreign, shared_dependencies: shared_dependencies(manifest) })
    }
}

impl Package {
    fn parse(value: &Value, root: &str) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let manifest = text("manifest_path")?;
        let folder = manifest
            .strip_prefix(root)
            .and_then(|path| path.strip_suffix("/Cargo.toml"))
            .map_or("", |path| path.trim_start_matches('/'));
        let dependencies = value.get("dependencies")?.as_array()?;
        let generated = value.pointer("/metadata/tidy/generated").and_then(Value::as_array);
        Some(Self {
            name: text("name")?,
            version: text("version")?,
            folder: folder.to_owned(),
            licence: text("license"),
            dependencies: dependencies.iter().filter_map(Dependency::parse).collect(),
            used_by_generated_code: generated
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        })
    }

    /// Path of its manifest relative to the workspace root.
    pub(crate) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

impl Dependency {
    fn parse(value: &Value) -> Option<Self> {
        let package = value.get("name")?.as_str()?.to_owned();
        let name = value.get("rename").and_then(Value::as_str).unwrap_or(&package).to_owned();
        let for_tests = value.get("kind").and_then(Value::as_str) == Some("dev");
        Some(Self { package, name, for_tests })
    }
}

/// Line, counted from 1, of the entry for `dependency` in a manifest; 1 when it is not found.
pub(crate) fn manifest_line(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        let rest = line.strip_prefix(dependency)?;
        rest.starts_with([' ', '.', '=']).then_some(())
    };
    manifest.lines().position(|line| names(line).is_some()).map_or(1, |at| at + 1)
}

fn members_in_order(manifest: &str) -> Vec<String> {
    let list = manifest.split_once("members = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn shared_dependencies(manifest: &str) -> Vec<(String, usize)> {
    let lines = manifest.lines().enumerate();
    lines
        .skip_while(|(_, line)| line.trim() != "[workspace.dependencies]")
        .skip(1)
        .take_while(|(_, line)| !line.starts_with('['))
        .filter(|(_, line)| !line.starts_with('#'))
        .filter_map(|(at, line)| Some((line.split_once('=')?.0.trim().to_owned(), at + 1)))
        .collect()
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::{Dependency, Package};

    /// A package in `folder` called `name`, which depends on `dependencies`.
    pub(crate) fn package(folder: &str, name: &str, dependencies: &[&str]) -> Package {
        let dependency = |name: &&str| Dependency {
            package: (*name).to_owned(),
            name: (*name).to_owned(),
            for_tests: false,
        };
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            folder: folder.to_owned(),
            licence: Some("MIT".to_owned()),
            dependencies: dependencies.iter().map(dependency).collect(),
            used_by_generated_code: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Workspace, manifest_line};

    const MANIFEST: &str = "[workspace]\nmembers = [\n    \"crates/b\",\n    \"crates/a\",\n]\n\n\
                            [workspace.dependencies]\n# note\nserde = \"1\"\n\n[profile.dev]\nx = 1\n";
    const METADATA: &str = r#"{"workspace_root": "/w", "packages": [
        {"name": "sky-a", "version": "0.1.0", "manifest_path": "/w/crates/a/Cargo.toml",
         "source": null, "license": "Apache-2.0", "metadata": {"tidy": {"generated": ["prost"]}},
         "dependencies": [{"name": "sky-b", "rename": "b"}]},
        {"name": "sky-b", "version": "0.1.0", "manifest_path": "/w/crates/b/Cargo.toml",
         "source": null, "license": null, "metadata": null, "dependencies": []},
        {"name": "serde", "version": "1.0.9", "manifest_path": "/r/serde/Cargo.toml",
         "source": "registry", "license": "MIT", "metadata": null, "dependencies": []}]}"#;

    #[test]
    fn members_keep_the_order_of_the_manifest() {
        let workspace = Workspace::parse(METADATA, MANIFEST).unwrap();
        let folders: Vec<&str> = workspace.members.iter().map(|p| p.folder.as_str()).collect();
        assert_eq!(folders, ["crates/b", "crates/a"]);
        assert_eq!(workspace.members[1].dependencies[0].package, "sky-b");
        assert_eq!(workspace.members[1].dependencies[0].name, "b");
        assert_eq!(workspace.members[1].used_by_generated_code, ["prost"]);
        assert_eq!(workspace.foreign[0].name, "serde");
        assert_eq!(workspace.shared_dependencies, [("serde".to_owned(), 9)]);
    }

    #[test]
    fn what_cargo_would_not_write_is_an_error() {
        assert!(Workspace::parse("{}", MANIFEST).is_err());
        assert!(Workspace::parse("nonsense", MANIFEST).is_err());
    }

    #[test]
    fn a_dependency_is_found_by_its_whole_name() {
        let manifest = "[dependencies]\nserde_json.workspace = true\nserde.workspace = true\n";
        assert_eq!(manifest_line(manifest, "serde"), 3);
        assert_eq!(manifest_line(manifest, "absent"), 1);
    }
}
