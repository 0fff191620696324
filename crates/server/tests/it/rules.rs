//! `skytrail oal check`.

use crate::process::{complaint, path, printed, run};

#[test]
fn a_rule_is_explained_by_source_scope_and_function() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.oal");
    let rules = "my_cpm = from(Endpoint.*).filter(status == false).cpm();\n";
    std::fs::write(&file, rules).unwrap();
    let output = run(&["oal", "check", path(&file)]);
    let said = printed(&output);
    assert!(output.status.success(), "{said}{}", complaint(&output));
    for part in ["my_cpm", "Endpoint", "cpm", "mine.oal"] {
        assert!(said.contains(part), "'{part}' is not in:\n{said}");
    }
}

#[test]
fn a_wrong_rule_is_shown_with_its_place_and_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.oal");
    let rules = "good = from(Service.*).cpm();\nbad = from(Service.latencie).longAvg();\n";
    std::fs::write(&file, rules).unwrap();
    let output = run(&["oal", "check", path(&file)]);
    let said = printed(&output) + &complaint(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for part in ["mine.oal", "latencie", "latency", "bad"] {
        assert!(said.contains(part), "'{part}' is not in:\n{said}");
    }
    // Line and column.
    assert!(said.contains("2:20") || said.contains("line 2"), "{said}");
    let output = run(&["oal", "check", "/nowhere.oal"]);
    assert!(complaint(&output).contains("/nowhere.oal"));
}
