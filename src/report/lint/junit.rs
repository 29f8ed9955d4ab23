//! A JUnit report, for CI systems that show tests and no findings: a suite a file, a failed test a finding that fails the
//! check. Other findings stand in the suite's output: they must not turn a check red that passed.

use quick_xml::events::BytesText;

use super::xml::{self, Xml, text};
use super::{Finding, Report};

pub(super) fn render(report: &Report<'_>) -> String {
    let files = report.by_file();
    let failures = report
        .findings
        .iter()
        .filter(|finding| report.is_fatal(finding))
        .count();
    let tests: usize = files
        .iter()
        .map(|(_, findings)| fatal(report, findings).len().max(1))
        .sum();
    xml::document(|xml| {
        let root = xml
            .create_element("testsuites")
            .with_attribute(("name", "towline lint"))
            .with_attribute(("tests", tests.to_string().as_str()))
            .with_attribute(("failures", failures.to_string().as_str()))
            .with_attribute(("errors", "0"));
        root.write_inner_content(|xml| {
            files
                .iter()
                .try_for_each(|(path, findings)| suite(xml, report, path, findings))
        })?;
        Ok(())
    })
}

fn fatal<'f, 'a>(report: &Report<'_>, findings: &[&'f Finding<'a>]) -> Vec<&'f Finding<'a>> {
    findings
        .iter()
        .copied()
        .filter(|finding| report.is_fatal(finding))
        .collect()
}

fn suite(xml: &mut Xml, report: &Report<'_>, path: &str, findings: &[&Finding<'_>]) -> std::io::Result<()> {
    let fatal = fatal(report, findings);
    let path = text(path);
    let suite = xml
        .create_element("testsuite")
        .with_attribute(("name", path.as_str()))
        .with_attribute(("tests", fatal.len().max(1).to_string().as_str()))
        .with_attribute(("failures", fatal.len().to_string().as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", "0"))
        .with_attribute(("time", "0"));
    suite.write_inner_content(|xml| {
        if fatal.is_empty() {
            case(xml, &path, "lint").write_empty()?;
        }
        for finding in &fatal {
            failure(xml, &path, finding)?;
        }
        let others = findings.iter().filter(|finding| !report.is_fatal(finding));
        let others: String = others.map(|finding| line(finding)).collect();
        if !others.is_empty() {
            xml.create_element("system-out")
                .write_text_content(BytesText::new(&others))?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case<'x>(xml: &'x mut Xml, path: &str, name: &str) -> quick_xml::writer::ElementWriter<'x, Vec<u8>> {
    xml.create_element("testcase")
        .with_attribute(("name", name))
        .with_attribute(("classname", path))
        .with_attribute(("time", "0"))
}

fn failure(xml: &mut Xml, path: &str, finding: &Finding<'_>) -> std::io::Result<()> {
    let start = finding.start();
    let id = &*finding.diagnostic.code;
    // Two findings of one kind in a file are two tests: the place tells them apart.
    let name = format!("{id} at {}:{}", start.line, start.column);
    let body = line(finding);
    case(xml, path, &name).write_inner_content(|xml| {
        xml.create_element("failure")
            .with_attribute(("message", text(&finding.diagnostic.message).as_str()))
            .with_attribute(("type", id))
            .write_text_content(BytesText::new(&body))?;
        Ok(())
    })?;
    Ok(())
}

fn line(finding: &Finding<'_>) -> String {
    let start = finding.start();
    let (level, path) = (finding.level().word(), text(&finding.place.path));
    format!(
        "{path}:{}:{}: {level}: {}\n",
        start.line,
        start.column,
        text(&finding.sentence())
    )
}
