//! What is on an engine, as far as towline's labels tell: containers, networks and volumes, and which of them are a run's.
//! Pure, but for asking.

use std::time::Duration;

use serde_json::{Value, json};

use super::command::Commands;
use super::documents::RUN_LABEL;
use super::lock::LOCK_LABEL;
use super::owner::{KEEP_LABEL, OWNER_LABEL};
use super::process::Spawner;
use super::query;

/// How long the engine gets to answer a simple question.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// A kind of thing; in the order in which they can be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A container, with its anonymous volumes.
    Container,
    /// A network.
    Network,
    /// A volume.
    Volume,
}

impl Sort {
    /// All sorts.
    pub const ALL: [Self; 3] = [Self::Container, Self::Network, Self::Volume];

    /// Returns the word of docker's command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Network => "network",
            Self::Volume => "volume",
        }
    }
}

/// A container, a network or a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub sort: Sort,
    /// What docker's commands know it by.
    pub id: String,
    /// What people know it by.
    pub name: String,
    /// The compose project.
    pub project: String,
    /// The run that made it.
    pub run: String,
    /// The label of its owner.
    pub owner: String,
    /// The command that left it to the user.
    pub keep: String,
    /// The name that it locks, where it is a lock.
    pub lock: String,
    /// The project's directory.
    pub directory: String,
}

/// The label of compose's project.
pub(super) const PROJECT_LABEL: &str = "com.docker.compose.project";

/// The label of the directory in which compose found the project.
const DIRECTORY_LABEL: &str = "com.docker.compose.project.working_dir";

/// Returns the template that docker is to list things of a sort by. No value but the last can hold a tab.
pub(super) fn template(sort: Sort) -> String {
    let (id, name) = match sort {
        Sort::Container => ("{{.ID}}", "{{.Names}}"),
        Sort::Network => ("{{.ID}}", "{{.Name}}"),
        Sort::Volume => ("{{.Name}}", "{{.Name}}"),
    };
    let labels = [
        PROJECT_LABEL,
        RUN_LABEL,
        OWNER_LABEL,
        KEEP_LABEL,
        LOCK_LABEL,
        DIRECTORY_LABEL,
    ];
    let labels = labels.iter().map(|label| format!("{{{{.Label \"{label}\"}}}}"));
    let fields: Vec<String> = [id.to_owned(), name.to_owned()].into_iter().chain(labels).collect();
    fields.join("\t")
}

/// Reads what docker listed by [`template`], a line each.
pub(super) fn from_text(sort: Sort, text: &str) -> Vec<Thing> {
    text.lines().filter_map(|line| read(sort, line)).collect()
}

fn read(sort: Sort, line: &str) -> Option<Thing> {
    let mut fields = line.splitn(8, '\t').map(str::to_owned);
    Some(Thing {
        sort,
        id: fields.next().filter(|id| !id.is_empty())?,
        name: fields.next()?,
        project: fields.next()?,
        run: fields.next()?,
        owner: fields.next()?,
        keep: fields.next()?,
        lock: fields.next()?,
        directory: fields.next()?,
    })
}

/// Returns the question that lists things of a sort over the engine's socket; with a label, those that carry it.
pub(super) fn question(sort: Sort, label: Option<&str>) -> String {
    let path = match sort {
        Sort::Container => "containers/json",
        Sort::Network => "networks",
        Sort::Volume => "volumes",
    };
    let all = if sort == Sort::Container { "all=1&" } else { "" };
    let filters = label.map_or_else(|| "{}".to_owned(), |label| json!({"label": [label]}).to_string());
    format!("{path}?{all}filters={}", percent_encoded(&filters))
}

/// Text as a value in a URL.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Reads what the engine answered to [`question`]; nothing where it is no list.
pub(super) fn from_json(sort: Sort, answer: &Value) -> Option<Vec<Thing>> {
    let list = match sort {
        Sort::Volume => match &answer["Volumes"] {
            // Without a volume some engines give no list.
            Value::Null => return Some(Vec::new()),
            volumes => volumes,
        },
        _ => answer,
    };
    list.as_array()?.iter().map(|thing| read_json(sort, thing)).collect()
}

fn read_json(sort: Sort, thing: &Value) -> Option<Thing> {
    let label = |name: &str| thing["Labels"][name].as_str().unwrap_or_default().to_owned();
    let text = |key: &str| thing[key].as_str().map(str::to_owned);
    // The names of a container begin with a slash; one with another slash is a link of another container's.
    let own = || {
        let mut names = thing["Names"].as_array()?.iter().filter_map(Value::as_str);
        names.find_map(|name| Some(name.strip_prefix('/')?.to_owned()).filter(|name| !name.contains('/')))
    };
    let (id, name) = match sort {
        Sort::Container => (text("Id")?, own().unwrap_or_default()),
        Sort::Network => (text("Id")?, text("Name")?),
        Sort::Volume => (text("Name")?, text("Name")?),
    };
    Some(Thing {
        sort,
        id,
        name,
        project: label(PROJECT_LABEL),
        run: label(RUN_LABEL),
        owner: label(OWNER_LABEL),
        keep: label(KEEP_LABEL),
        lock: label(LOCK_LABEL),
        directory: label(DIRECTORY_LABEL),
    })
}

/// Returns what the engine has of all sorts; nothing when it does not answer.
pub(super) fn look(spawner: &Spawner, commands: &Commands, label: Option<&str>) -> Option<Vec<Thing>> {
    let list = |sort| query::list(spawner, commands, sort, label, ANSWER);
    let list = &list;
    let lists = std::thread::scope(|scope| {
        let looks = Sort::ALL.map(|sort| scope.spawn(move || list(sort)));
        looks.map(|look| look.join().ok().flatten())
    });
    let lists: Option<Vec<Vec<Thing>>> = lists.into_iter().collect();
    lists.map(|lists| lists.concat())
}

/// What belongs to a run: whatever carries its ID, and what is in its project.
#[derive(Clone, Debug)]
pub struct Belongings {
    /// The run's ID.
    pub run: String,
    /// The project.
    pub project: InProject,
}

/// What of a project belongs to a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InProject {
    /// Nothing but what carries the run's ID: the project may be somebody else's by now.
    Nothing,
    /// Everything: the run has the lock of this project.
    Locked(String),
    /// Everything, and volumes that have its name alone: no other run ever has a project of this name.
    Unique(String),
}

impl Belongings {
    /// Returns whether this is the run's.
    #[must_use]
    pub fn include(&self, thing: &Thing) -> bool {
        // The engine makes a volume without labels for a container that is created when its volume has just been removed.
        let is_unlabeled = thing.sort == Sort::Volume && thing.project.is_empty();
        let is_in_project = match &self.project {
            InProject::Nothing => false,
            InProject::Locked(project) => thing.project == *project,
            InProject::Unique(project) => {
                thing.project == *project || (is_unlabeled && thing.name.starts_with(&format!("{project}_")))
            }
        };
        let carries_id = !self.run.is_empty() && thing.run == self.run;
        thing.lock.is_empty() && (carries_id || is_in_project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(sort: Sort, name: &str, project: &str, run: &str) -> Thing {
        read(sort, &format!("id\t{name}\t{project}\t{run}\to\t\t\t/a\tb")).unwrap()
    }

    #[test]
    fn a_line_has_all_fields_and_the_last_may_hold_tabs() {
        let read = thing(Sort::Volume, "v", "p", "r");
        assert_eq!(
            (read.name.as_str(), read.owner.as_str(), read.directory.as_str()),
            ("v", "o", "/a\tb")
        );
        assert_eq!(template(Sort::Volume).split('\t').count(), 8);
        assert!(super::read(Sort::Volume, "").is_none());
    }

    #[test]
    fn the_engines_own_lists_say_what_dockers_do() {
        let labels = json!({
            "com.docker.compose.project": "p",
            "dev.towline.run": "r",
            "com.docker.compose.project.working_dir": "/a\tb"
        });
        let listed = |sort, answer: Value| from_json(sort, &answer).unwrap();
        let container = json!([{"Id": "id", "Names": ["/other/alias", "/n"], "Labels": labels}]);
        let network = json!([{"Id": "id", "Name": "n", "Labels": labels}]);
        let volume =
            json!({"Volumes": [{"Name": "n", "Labels": labels}, {"Name": "bare", "Labels": null}], "Warnings": null});
        let expected = |sort, id: &str| read(sort, &format!("{id}\tn\tp\tr\t\t\t\t/a\tb")).unwrap();
        assert_eq!(listed(Sort::Container, container), [expected(Sort::Container, "id")]);
        assert_eq!(listed(Sort::Network, network), [expected(Sort::Network, "id")]);
        let bare = read(Sort::Volume, "bare\tbare\t\t\t\t\t\t").unwrap();
        assert_eq!(listed(Sort::Volume, volume), [expected(Sort::Volume, "n"), bare]);
        assert_eq!(listed(Sort::Volume, json!({"Volumes": null})), []);
        assert_eq!(from_json(Sort::Container, &json!({"message": "no"})), None);
    }

    #[test]
    fn questions_for_the_socket_are_urls() {
        assert_eq!(
            question(Sort::Container, Some("a=b c")),
            "containers/json?all=1&filters=%7B%22label%22%3A%5B%22a%3Db%20c%22%5D%7D"
        );
        assert_eq!(question(Sort::Volume, None), "volumes?filters=%7B%7D");
    }

    #[test]
    fn a_run_has_what_carries_its_id_and_all_of_its_own_project() {
        let own = Belongings {
            run: "r1".into(),
            project: InProject::Unique("p-ci-r1".into()),
        };
        assert!(own.include(&thing(Sort::Network, "n", "elsewhere", "r1")));
        assert!(own.include(&thing(Sort::Container, "c", "p-ci-r1", "")));
        assert!(own.include(&thing(Sort::Volume, "p-ci-r1_data", "", "")));
        assert!(!own.include(&thing(Sort::Container, "p-ci-r1_data", "", "")));
        assert!(!own.include(&thing(Sort::Volume, "p-ci-r1_data", "other", "")));
        assert!(!own.include(&thing(Sort::Volume, "p-ci-r10_data", "", "")));
        assert!(!own.include(&thing(Sort::Container, "c", "p", "r2")));
    }

    #[test]
    fn a_project_that_others_may_have_is_the_runs_while_it_has_the_lock() {
        let locked = Belongings {
            run: "r1".into(),
            project: InProject::Locked("app".into()),
        };
        assert!(locked.include(&thing(Sort::Container, "app-web-1", "app", "r0")));
        assert!(
            !locked.include(&thing(Sort::Volume, "app_data", "", "")),
            "it may be anybody's"
        );
        let named = Belongings {
            project: InProject::Nothing,
            ..locked
        };
        assert!(named.include(&thing(Sort::Volume, "app_data", "app", "r1")));
        assert!(!named.include(&thing(Sort::Volume, "app_data", "", "")));
        assert!(!named.include(&thing(Sort::Container, "app-web-1", "app", "r0")));
    }

    #[test]
    fn a_lock_is_no_part_of_what_it_locks() {
        let own = Belongings {
            run: "r1".into(),
            project: InProject::Locked("app".into()),
        };
        let lock = Thing {
            lock: "app".into(),
            ..thing(Sort::Volume, "towline.lock.app", "", "r1")
        };
        assert!(!own.include(&lock));
    }
}
