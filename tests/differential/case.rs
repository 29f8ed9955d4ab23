//! One recorded case: inputs, options, and what `docker compose config` said.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use towline::compose::load::Request;

/// A case that is ready to run.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) request: Request,
    /// The directory that the recorded answer calls `/project`.
    pub(crate) project: PathBuf,
    pub(crate) accepts: bool,
    /// The model, where one was recorded.
    pub(crate) model: Option<Value>,
    /// What compose said as it rejected the project.
    pub(crate) error: String,
    /// Holds a copy of the project until the case is over.
    _copy: Option<tempfile::TempDir>,
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The cases of a folder that has one directory a case, which is the project itself.
pub(crate) fn directories(folder: &Path) -> Vec<Case> {
    folders(folder).iter().map(|path| directory(path)).collect()
}

fn directory(path: &Path) -> Case {
    let temporary = tempfile::tempdir().unwrap();
    let project = temporary.path().join("project");
    copy(path, &project);
    for name in ["case.json", "oracle.json", "oracle.err", "oracle.warn"] {
        let _ = fs::remove_file(project.join(name));
    }
    let options = json(&path.join("case.json")).unwrap_or_default();
    let home = "/home/dev";
    let mut request = request(
        &project.join(options["cwd"].as_str().unwrap_or_default()),
        home,
        &options["env"],
    );
    arguments(&mut request, &texts(&options["global_args"]));
    arguments(&mut request, &texts(&options["args"]));
    request.stdin = options["stdin"].as_str().map(|name| fs::read(path.join(name)).unwrap());
    let model = json(&path.join("oracle.json"));
    Case {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        request,
        project,
        accepts: model.is_some(),
        model,
        error: fs::read_to_string(path.join("oracle.err")).unwrap_or_default(),
        _copy: Some(temporary),
    }
}

/// The cases of a folder that has an index of projects.
pub(crate) fn corpus(folder: &Path) -> Vec<Case> {
    let index = json(&folder.join("index.json")).unwrap_or_default();
    let entries = index["cases"].as_array().cloned().unwrap_or_default();
    entries.iter().filter_map(|entry| project(folder, entry)).collect()
}

fn project(folder: &Path, entry: &Value) -> Option<Case> {
    let path = folder.join(entry["path"].as_str()?);
    let case = json(&path.join("case.json"))?;
    let verdict = case["oracle"]["verdict"].as_str()?;
    let home = "/home/user";
    let project = path.join("project");
    let directory = match case["cwd"].as_str() {
        None | Some("" | ".") => project.clone(),
        Some(below) => project.join(below),
    };
    let mut request = request(&directory, home, &case["env"]);
    arguments(&mut request, &texts(&case["args"]));
    request.files.extend(texts(&case["files"]));
    Some(Case {
        name: entry["id"].as_str()?.to_owned(),
        request,
        project,
        // A project that compose does not finish with is to be rejected.
        accepts: verdict == "accept",
        model: json(&path.join("oracle.json")),
        error: case["oracle"]["error"].as_str().unwrap_or_default().to_owned(),
        _copy: None,
    })
}

fn request(directory: &Path, home: &str, variables: &Value) -> Request {
    let directory = directory.to_string_lossy().trim_end_matches('/').to_owned();
    let mut environment = vec![
        ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
        ("PWD".to_owned(), directory.clone()),
        ("HOME".to_owned(), home.to_owned()),
    ];
    for (name, value) in variables.as_object().into_iter().flatten() {
        environment.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    Request {
        directory,
        environment,
        home: Some(home.to_owned()),
        ..Request::default()
    }
}

fn arguments(request: &mut Request, words: &[String]) {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (flag, inline) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        let mut value = || {
            inline
                .map(str::to_owned)
                .or_else(|| words.next().cloned())
                .unwrap_or_default()
        };
        match flag {
            "-f" | "--file" => request.files.push(value()),
            "-p" | "--project-name" => request.project_name = Some(value()),
            "--project-directory" => request.project_directory = Some(value()),
            "--env-file" => request.env_files.push(value()),
            "--profile" => request.profiles.push(value()),
            _ if flag.starts_with('-') => {}
            service => request.services.push(service.to_owned()),
        }
    }
}
