//! What the operator asks of the server that owns a data folder, as files in that folder: one
//! command leaves a request, the server takes it within a second and answers.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use skytrail_engine::store::Deletion;

/// The folder in the data folder.
const FOLDER: &str = "requests";

/// What names of requests, of answers, and of files that are not whole end with.
const REQUEST: &str = "request";
const ANSWER: &str = "answer";
const DRAFT: &str = "draft";

/// Bytes of a request or an answer, at most.
const MOST_BYTES: u64 = 64 << 10;

/// Requests that are looked at at once.
const MOST_AT_ONCE: usize = 100;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// To delete something.
    Delete(Deletion),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// It is done.
    Done(String),
    /// It is not, and why.
    Failed(String),
}

/// The requests of a data folder.
#[derive(Debug, Clone)]
pub struct Requests {
    folder: PathBuf,
}

/// A request, by the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiting(PathBuf);

impl Requests {
    /// Of a data folder; nothing is made before there is a request.
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// Makes the folder, so that its owner is who takes requests.
    pub fn make(&self) -> anyhow::Result<()> {
        let shown = self.folder.display();
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make {shown}"))
    }

    /// Leaves a request, durably.
    pub fn leave(&self, request: &Request) -> anyhow::Result<Waiting> {
        self.make()?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("{:020}-{}.{REQUEST}", since.as_nanos(), std::process::id());
        let waiting = Waiting(self.folder.join(name));
        write(&waiting.0, &serde_json::to_vec(request)?)?;
        Ok(waiting)
    }

    /// Those that wait and are wanted, oldest first.
    pub fn waiting(&self, is_wanted: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
        let waiting = self.named(REQUEST).into_iter().map(Waiting);
        waiting.filter(is_wanted).take(MOST_AT_ONCE).collect()
    }

    /// Removes answers that nobody came for.
    pub fn forget_answers(&self) {
        for path in self.named(ANSWER).into_iter().chain(self.named(DRAFT)) {
            // One that stays does no harm.
            let _ = fs::remove_file(path);
        }
    }

    fn named(&self, extension: &str) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path());
        let is_named = |path: &PathBuf| path.extension().is_some_and(|one| one == extension);
        let mut found: Vec<PathBuf> = paths.filter(is_named).collect();
        found.sort();
        found
    }
}

impl Waiting {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is asked for.
    pub fn read(&self) -> anyhow::Result<Request> {
        let text = read(&self.0)?;
        serde_json::from_str(&text).with_context(|| format!("{} is no request", self.0.display()))
    }

    /// Removes it, durably: it is not done twice.
    pub fn take(&self) -> anyhow::Result<()> {
        let removed = fs::remove_file(&self.0).and_then(|()| sync_folder(&self.0));
        removed.with_context(|| format!("cannot remove {}", self.0.display()))
    }

    /// Tells whoever asked what became of it.
    pub fn answer(&self, answer: &Answer) -> anyhow::Result<()> {
        write(&self.0.with_extension(ANSWER), &serde_json::to_vec(answer)?)
    }

    /// The answer, if it is there, which is removed.
    pub fn answered(&self) -> anyhow::Result<Option<Answer>> {
        let path = self.0.with_extension(ANSWER);
        if !path.exists() {
            return Ok(None);
        }
        let answer = serde_json::from_str(&read(&path)?)?;
        let _ = fs::remove_file(&path);
        Ok(Some(answer))
    }
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension(DRAFT);
    let written = || {
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        sync_folder(path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn sync_folder(of: &Path) -> std::io::Result<()> {
    match of.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use skytrail_engine::store::Deletion;

    use super::{Answer, Request, Requests};

    #[test]
    fn a_request_is_found_taken_and_answered_once() {
        let data = tempfile::tempdir().unwrap();
        let requests = Requests::of(data.path());
        assert_eq!(requests.waiting(|_| true), []);
        let asked = Request::Delete(Deletion::Trace("a".to_owned()));
        let mine = requests.leave(&asked).unwrap();
        assert_eq!(mine.answered().unwrap(), None);
        let found = requests.waiting(|_| true);
        assert_eq!(found, std::slice::from_ref(&mine));
        assert_eq!(found[0].read().unwrap(), asked);
        found[0].take().unwrap();
        assert_eq!(requests.waiting(|_| true), []);
        assert!(found[0].take().is_err(), "once");
        found[0].answer(&Answer::Done("yes".to_owned())).unwrap();
        assert_eq!(mine.answered().unwrap(), Some(Answer::Done("yes".to_owned())));
        assert_eq!(mine.answered().unwrap(), None);
    }
}
