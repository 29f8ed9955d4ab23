//! Reports, held to their formats by the programs that read them.

use std::env;

use crate::common::{WRONG, folder, run, towline};

/// Text that means something in every notation, and a file that cannot be read at all.
const HARD: &str =
    "services:\n  \"a <&'日\": {image: i, prots: [80], x-é: \"]]>\"}\n  b: {image: \"${X:?set & <it>}\"}\n";

fn report(format: &str, name: &str) -> tempfile::TempDir {
    let folder = folder(&[("a b/compose.yaml", WRONG), ("compose.yaml", HARD)]);
    // The line is split at blanks, so the folder with one is entered by its own name.
    let (code, told) = run(
        folder.path(),
        env!("CARGO_BIN_EXE_towline"),
        &[
            "lint",
            "a b/compose.yaml",
            "compose.yaml",
            "--format",
            format,
            "--output",
            name,
        ],
    );
    assert_eq!(code, 65, "{told}");
    folder
}

#[test]
fn the_validator_of_sarif_finds_no_error() {
    let folder = report("sarif", "report.sarif");
    let (code, told) = run(folder.path(), "sarif-multitool", &["validate", "report.sarif"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 files scanned") && !told.contains(": error"), "{told}");
}

#[test]
fn the_schema_of_junit_takes_the_report() {
    let schema = env::var("TOWLINE_JUNIT_SCHEMA").expect("`scripts/test tools` sets it");
    let folder = report("junit", "report.xml");
    let (code, told) = run(
        folder.path(),
        "xmllint",
        &["--noout", "--schema", &schema, "report.xml"],
    );
    assert_eq!(code, 0, "{told}");
}

#[test]
fn a_schema_for_editors_takes_the_settings_and_refuses_what_towline_refuses() {
    let folder = folder(&[
        (
            "good.yaml",
            "preset: ci\nrules: {gate-optional: off, gate-not-enforced: {level: hint}}\n",
        ),
        ("wrong.yaml", "preset: cli\n"),
    ]);
    let (_, schema) = towline(folder.path(), "rules --format schema");
    std::fs::write(folder.path().join("schema.json"), schema).unwrap();
    let check = |file| {
        run(
            folder.path(),
            "check-jsonschema",
            &["--schemafile", "schema.json", file],
        )
    };
    assert_eq!(check("good.yaml").0, 0, "{}", check("good.yaml").1);
    assert_eq!(check("wrong.yaml").0, 1, "{}", check("wrong.yaml").1);
}
