//! A container whose first process ends while its server runs in the background.

use super::text::short;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::Condition;
use crate::lint::base::Base;
use crate::lint::mounts;
use crate::lint::places::part;
use crate::lint::project::{Project, Service};
use crate::lint::rule::{Category, Found, Preset, Rule, at};
use crate::lint::started;
use crate::shell::{Command, Then, commands, is_shell, program_name, script_of};

/// See its summary.
pub(super) const RULE: Rule = Rule {
    id: "server-in-background",
    summary: "a container starts its server in the background, and ends",
    why: "A container runs for as long as its first process. `service NAME start`, a trailing `&` and options such as \
          `--daemon` return as soon as the server is started, and the engine kills it with the container, which exits with code 0.",
    level: Severity::Error,
    category: Category::Correctness,
    preset: Preset::Default,
    bad: "\
services:
  web:
    image: php:8.4-apache
    command: bash -c \"a2enmod rewrite && «service apache2 restart»\"
",
    good: "\
services:
  web:
    image: php:8.4-apache
    command: bash -c \"a2enmod rewrite && exec apache2-foreground\"
",
    fixed: None,
    check,
};

fn check(project: &Project<'_>, found: &mut Found) {
    for service in project.services() {
        found.extend_once(finding(project, service));
    }
}

fn finding(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let mut dependents = project.dependents(service.name());
    if dependents.any(|(_, need)| need.condition == Condition::Succeeded) {
        return None;
    }
    in_command(project, service).or_else(|| in_file(project, service))
}

/// The last command of a script of the project.
fn in_file(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let script = started::script(project, service)?;
    let commands = commands(&script.text);
    let command = commands.last().filter(|command| !is_nested(command))?;
    let has_wait = commands
        .iter()
        .any(|command| command.program().is_some_and(|word| word.text == "wait"));
    let instead = instead(project, service, command).filter(|_| !has_wait)?;
    let text = script.text.get(command.range.clone())?;
    let file = project.shown(&script.file);
    let finding = tell(service, text, instead, script.started.span);
    Some(finding.label(script.started.span, format!("it is the last command of `{file}`")))
}

fn in_command(project: &Project<'_>, service: &Service<'_>) -> Option<Diagnostic> {
    let argv = started::argv(project, service)?;
    let words: Vec<&str> = argv.words.iter().map(|word| word.text.as_str()).collect();
    let at_program = started::behind_runners(&words).0;
    let words = words.get(at_program..)?;
    if !argv.is_run && !is_shell(words.first()?) {
        return None;
    }
    let first = argv.words.get(at_program)?.span;
    let Some(script) = script_of(words) else {
        let instead = foreground(project, service, words)?;
        return Some(tell(service, &words.join(" "), instead, first));
    };
    let node = argv.words.get(at_program + script.index)?.span;
    let commands = script.commands();
    let command = commands.last().filter(|command| !is_nested(command))?;
    let text = script.text.get(command.range.clone())?;
    let instead = instead(project, service, command)?;
    let is_built = service.key_of("build").is_some_and(|key| key.span == node);
    let span = if is_built {
        node
    } else {
        part(project, node, script.text, command.range.clone())
    };
    Some(tell(service, text, instead, span))
}

/// What to write in the place of a last command that leaves its server in the background.
fn instead(project: &Project<'_>, service: &Service<'_>, command: &Command) -> Option<&'static str> {
    if command.then == Then::Background {
        return Some("write it without `&`, or `wait` for it");
    }
    let words = command.words.iter().skip(command.assignments());
    let words: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    foreground(project, service, words.strip_prefix(&["exec"]).unwrap_or(&words))
}

fn tell(service: &Service<'_>, command: &str, instead: &str, span: crate::source::Span) -> Diagnostic {
    let (name, command) = (service.name(), short(command));
    let message = format!("`{command}` returns at once, and `{name}` ends with it");
    at(span, message).help(instead)
}

/// Whether something else may go on around a command.
fn is_nested(command: &Command) -> bool {
    let place = command.place;
    place.in_loop || place.in_function || place.in_condition || place.in_subshell
}

/// What to write in the place of a command that leaves its server in the background; none for all other commands.
fn foreground(project: &Project<'_>, service: &Service<'_>, words: &[&str]) -> Option<&'static str> {
    const SERVER: &str = "start the server itself, in the foreground";
    let (first, rest) = words.split_first()?;
    let has = |options: &[&str]| rest.iter().any(|word| options.contains(word));
    let says = |text: &str| rest.iter().any(|word| word.contains(text));
    let starts = |word: Option<&&str>| matches!(word, Some(&("start" | "restart")));
    let is_script = first.contains("/init.d/") && starts(rest.first());
    let instead = match program_name(first) {
        _ if is_script => SERVER,
        "service" if starts(rest.get(1)) => SERVER,
        "rc-service" | "invoke-rc.d" if starts(rest.get(1)) => SERVER,
        "apachectl" | "apache2ctl" if starts(rest.last()) && !says("FOREGROUND") => "write `apachectl -D FOREGROUND`",
        "dnsmasq" if !has(&["-k", "-d", "--keep-in-foreground", "--no-daemon"]) => "write `dnsmasq -k`",
        "gunicorn" if has(&["-D", "--daemon"]) => "leave out `--daemon`",
        "haproxy" if has(&["-D"]) => "leave out `-D`",
        "httpd" if goes_behind(rest) => "write `httpd-foreground`, or `httpd -f` where it is BusyBox",
        "lighttpd" if has(&["-f"]) && !has(&["-D", "-t", "-tt", "-p"]) => "write `lighttpd -D`",
        "memcached" if has(&["-d"]) => "leave out `-d`",
        "mongod" if has(&["--fork"]) => "leave out `--fork`",
        "nginx" if rest.is_empty() && is_official_nginx(project, service) => "write `nginx -g 'daemon off;'`",
        "pg_ctl" if has(&["start", "restart"]) => "write `postgres`",
        "pg_ctlcluster" if has(&["start", "restart"]) && !has(&["--foreground"]) => "write `--foreground`",
        "php-fpm" if has(&["-D", "--daemonize"]) => "leave out `-D`",
        "pm2" if starts(rest.first()) && !has(&["--no-daemon", "--attach"]) => "write `pm2-runtime`",
        "redis-server" if rest.windows(2).any(|pair| pair == ["--daemonize", "yes"]) => "leave out `--daemonize`",
        "sshd" if rest.is_empty() => "write `sshd -D -e`",
        "uwsgi" if has(&["--daemonize", "-d"]) => "leave out `--daemonize`",
        "cron" if rest.is_empty() => "write `cron -f`",
        "crond" if rest.is_empty() => "write `crond -f`, or `crond -n` where it is cronie",
        _ => return None,
    };
    Some(instead)
}

/// Whether a web server called `httpd`, that of Apache or of BusyBox, leaves the foreground.
fn goes_behind(rest: &[&str]) -> bool {
    let stays = |word: &&str| word.starts_with("-f") || word.contains("FOREGROUND") || **word == *"-X";
    let serves = rest.is_empty()
        || rest
            .iter()
            .any(|word| matches!(*word, "-h" | "-p" | "start" | "restart"));
    serves && !rest.iter().any(stays)
}

/// Whether the configuration is that of the image, which goes into the background.
fn is_official_nginx(project: &Project<'_>, service: &Service<'_>) -> bool {
    const CONFIGURATION: &str = "/etc/nginx/nginx.conf";
    let is_nginx = Base::of(project, service).is_some_and(|base| base.image.split(':').next() == Some("nginx"));
    let mut over = mounts::of(service).filter(|mount| std::path::Path::new(CONFIGURATION).starts_with(mount.target));
    is_nginx && service.get("build").is_none() && over.next().is_none() && service.items("configs").len() == 0
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::rules::testing::found;

    fn marked(service: &str, dockerfile: &str) -> Vec<String> {
        found(
            &RULE,
            &format!("services:\n  a: {{{service}}}\n== Dockerfile ==\n{dockerfile}\n"),
        )
    }

    #[test]
    fn what_stays_in_the_foreground_or_is_not_last_is_fine() {
        for command in [
            "['sh', '-c', 'service cron start && exec apache2-foreground']",
            "['sh', '-c', 'a & wait']",
            "['sh', '-c', 'a & b']",
            "['sh', '-c', 'service x start; tail -f /dev/null']",
            "['sh', '-c', 'while true; do a & sleep 5; done']",
            "['sh', '-c', 'nginx -g \"daemon off;\"']",
            "['sh', '-c', 'service x status']",
            "['apachectl', '-D', 'FOREGROUND']",
            "['pm2', 'start', 'x', '--no-daemon']",
            "['cron', '-f']",
        ] {
            assert_eq!(
                marked(&format!("image: debian, command: {command}"), ""),
                [""; 0],
                "{command}"
            );
        }
        assert_eq!(marked("image: i, command: service x start", ""), [""; 0]);
        assert_eq!(
            marked(
                "image: nginx, command: ['sh', '-c', nginx], volumes: ['.:/etc/nginx']",
                ""
            ),
            [""; 0]
        );
        let awaited = "image: debian, command: service x start}\n  b: {image: i, depends_on: {a: {condition: service_completed_successfully}}";
        assert_eq!(marked(awaited, ""), [""; 0]);
    }

    #[test]
    fn what_goes_into_the_background_is_found() {
        for (command, expected) in [
            ("['sh', '-c', 'a; ./server &']", "./server"),
            ("['bash', '-c', 'a && /etc/init.d/x start']", "/etc/init.d/x start"),
            ("['sh', '-c', 'exec gunicorn app -D']", "exec gunicorn app -D"),
            ("[/usr/sbin/sshd]", "/usr/sbin/sshd"),
            ("[pm2, start, x]", "pm2"),
        ] {
            assert_eq!(
                marked(&format!("image: debian, command: {command}"), ""),
                [expected],
                "{command}"
            );
        }
        assert_eq!(
            marked("image: nginx, command: ['sh', '-c', 'envsubst x; nginx']", ""),
            ["nginx"]
        );
        assert_eq!(marked("build: .", "FROM debian\nCMD service nginx start"), ["build"]);
        let script = "FROM debian\nCOPY run.sh /\nENTRYPOINT [\"/run.sh\"]\n== run.sh ==\n#!/bin/sh\n";
        assert_eq!(marked("build: .", &format!("{script}service nginx start")), ["build"]);
        assert_eq!(marked("build: .", &format!("{script}a &\nwait")), [""; 0]);
    }
}
