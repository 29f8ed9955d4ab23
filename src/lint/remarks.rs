//! What other programs say of a project's files, as findings like all others.

use std::fs;
use std::path::Path;

use super::settings::Settings;
use super::settings_file;
use crate::diagnostic::{Diagnostic, Findings, Remark};
use crate::source::{Source, SourceId, Span};

/// Adds what was said about what services are built from, as far as the settings let it be told.
pub fn add(findings: &mut Findings, services: &[&str], remarks: Vec<Remark>, chosen: &Settings) {
    let first = findings.sources.iter().next();
    let folder = first.and_then(|source| source.path.parent()).map(Path::to_owned);
    let folder = folder.unwrap_or_default();
    let file = settings_file::read(&chosen.file, &folder, findings.sources.next_id());
    let (settings, folder) = match file {
        Some(file) => (chosen.over(file.settings), file.folder),
        None => (chosen.clone(), folder),
    };
    for remark in remarks {
        let path = remark.path.strip_prefix(&folder).unwrap_or(&remark.path).to_owned();
        let mut finding = finding(findings, remark);
        let mut excluded = settings.excluded.iter();
        let is_excluded = excluded.any(|excluded| {
            let mut services = services.iter();
            excluded.names(&finding.code) && services.all(|service| excluded.holds(&path, Some(service)))
        });
        if settings.keeps(&mut finding) && !is_excluded {
            findings.diagnostics.push(finding);
        }
    }
}

fn finding(findings: &mut Findings, remark: Remark) -> Diagnostic {
    let source = source(findings, &remark.path);
    let span = source.map(|id| {
        let text = findings.sources.get(id).map_or("", |source| &source.text);
        lines(id, text, remark.lines)
    });
    let mut finding = Diagnostic::new(remark.level, remark.code, span, remark.message);
    finding.help = remark.help;
    finding
}

/// The file among those that were read, read now where it is not yet.
fn source(findings: &mut Findings, path: &Path) -> Option<SourceId> {
    if let Some((id, _)) = findings.sources.with_ids().find(|(_, source)| source.path == path) {
        return Some(id);
    }
    let text = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Some(findings.sources.add(Source::new(path, text)))
}

/// The place of lines, counted from 1, without the blanks around them; the start of the text where there are none.
fn lines(id: SourceId, text: &str, lines: Option<(usize, usize)>) -> Span {
    let (first, last) = lines.unwrap_or((1, 1));
    let start: usize = text
        .split_inclusive('\n')
        .take(first.saturating_sub(1))
        .map(str::len)
        .sum();
    let count = last.saturating_sub(first) + 1;
    let rest = text.get(start..).unwrap_or_default();
    let length: usize = rest.split_inclusive('\n').take(count).map(str::len).sum();
    let whole = rest.get(..length).unwrap_or_default();
    let begin = start + (whole.len() - whole.trim_start().len());
    Span::new(id, begin, begin + whole.trim().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_its_lines_without_blanks() {
        let text = "FROM a\n  RUN b \\\n    c\n";
        let part = |range| &text[lines(SourceId::default(), text, range).range()];
        assert_eq!(part(Some((2, 3))), "RUN b \\\n    c");
        assert_eq!(part(None), "FROM a");
        assert_eq!(part(Some((9, 9))), "");
    }
}
