//! What was changed in a file, as a patch that `git apply` and `patch -p1` take.

use similar::TextDiff;

/// How many unchanged lines stand around a change.
const CONTEXT: usize = 3;

/// The patch of one file, by its path as seen from where the patch is to be applied.
#[must_use]
pub fn patch(path: &str, before: &str, after: &str) -> String {
    TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_the_lines_around_a_change() {
        let before = "1\n2\n3\n4\n5\n";
        insta::assert_snapshot!(patch("x/compose.yaml", before, &before.replace('5', "five")), @"
        --- a/x/compose.yaml
        +++ b/x/compose.yaml
        @@ -2,4 +2,4 @@
         2
         3
         4
        -5
        +five
        ");
    }
}
