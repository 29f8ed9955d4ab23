//! `towline lint --dockerfile`, with the real hadolint.

use crate::common::{folder, towline};

#[test]
fn what_hadolint_finds_has_its_place_in_the_dockerfile() {
    let folder = folder(&[
        ("compose.yaml", "services: {app: {build: .}}\n"),
        ("Dockerfile", "FROM busybox:1\nWORKDIR app\nCMD echo a\n"),
        (".dockerignore", "*\n"),
    ]);
    let (code, told) = towline(folder.path(), "lint --dockerfile --format concise");
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("Dockerfile:2:1: error[hadolint/DL3000] "), "{told}");
    assert!(told.contains("Dockerfile:3:1: warning[hadolint/DL3025] "), "{told}");
}
