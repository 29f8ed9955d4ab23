//! Checkstyle's XML, which many CI systems read.

use super::xml::{self, text};
use super::{Finding, Report};
use crate::diagnostic::Severity;

pub(super) fn render(report: &Report<'_>) -> String {
    xml::document(|xml| {
        let root = xml.create_element("checkstyle").with_attribute(("version", "4.3"));
        root.write_inner_content(|xml| {
            for (path, findings) in report.by_file() {
                let file = xml.create_element("file").with_attribute(("name", text(path).as_str()));
                file.write_inner_content(|xml| findings.iter().try_for_each(|finding| error(xml, finding)))?;
            }
            Ok(())
        })?;
        Ok(())
    })
}

fn error(xml: &mut xml::Xml, finding: &Finding<'_>) -> std::io::Result<()> {
    let start = finding.start();
    let severity = match finding.level() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "info",
    };
    xml.create_element("error")
        .with_attribute(("line", start.line.to_string().as_str()))
        .with_attribute(("column", start.column.to_string().as_str()))
        .with_attribute(("severity", severity))
        .with_attribute(("message", text(&finding.sentence()).as_str()))
        .with_attribute(("source", format!("towline.{}", finding.diagnostic.code).as_str()))
        .write_empty()?;
    Ok(())
}
