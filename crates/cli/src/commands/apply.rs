//! `ordinance apply`: bring a city to what a manifest declares.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use flow::City;
use model::Act;
use register::{Command, Submission, SubmitError};
use serde::Serialize;

use super::open;
use crate::args::Apply;
use crate::client::{Client, is_address};
use crate::manifest::{Job, Manifest};
use crate::output::{Output, Refused};

/// The largest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// A tag of no value.
const NO_TAG: &str = "00000000000000000000000000000000";

/// What became of one job.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done {
    /// What was asked, in a few words.
    pub(crate) job: String,
    /// Who asked.
    pub(crate) by: String,
    /// The entries made; empty if it already was so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) entries: Vec<u64>,
    /// The kinds of acts that a dry run would make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) would_make: Vec<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refused: Option<String>,
}

impl Done {
    pub(crate) fn in_words(&self) -> String {
        let did = match (&self.refused, self.entries.as_slice(), self.would_make.as_slice()) {
            (Some(refused), ..) => format!("refused: {refused}"),
            (None, [], []) => "is so already".to_owned(),
            (None, [], would) => format!("would make {}", would.join(", ")),
            (None, entries, _) => {
                let entries: Vec<String> = entries.iter().map(u64::to_string).collect();
                format!("entry {}", entries.join(", "))
            }
        };
        format!("{:<48} {did}", format!("{} ({})", self.job, self.by))
    }
}

pub(crate) fn run(args: &Apply, output: &Output) -> anyhow::Result<()> {
    let mut jobs = Vec::new();
    for file in &args.files {
        jobs.extend(read(file)?.jobs());
    }
    let done = if is_address(&args.city) {
        at_address(args, jobs)?
    } else {
        let city = open(Path::new(&args.city))?;
        if args.dry_run { preview(&city, &jobs) } else { apply(&city, jobs)? }
    };
    let words: Vec<String> = done.iter().map(Done::in_words).collect();
    output.result(&done, &words.join("\n"))?;
    let refused: Vec<&str> = done.iter().filter_map(|done| done.refused.as_deref()).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let message = format!("{} of {} could not be done", refused.len(), done.len());
    Err(Refused { message, details: serde_json::json!(refused) }.into())
}

/// Reads a manifest; the error names the file and the line.
pub(crate) fn read(file: &Path) -> anyhow::Result<Manifest> {
    let name = || format!("`{}`", file.display());
    let length = fs::metadata(file).with_context(name)?.len();
    if length > MANIFEST_BYTES_MAX {
        bail!("{} has {length} bytes, the limit is {MANIFEST_BYTES_MAX}; split it", name());
    }
    let text = fs::read_to_string(file).with_context(name)?;
    Manifest::parse(&text).with_context(name)
}

/// Does each job; a refusal stops only what depends on it.
pub(crate) fn apply(city: &City, jobs: Vec<Job>) -> anyhow::Result<Vec<Done>> {
    let mut done = Vec::with_capacity(jobs.len());
    for job in jobs {
        let (words, by) = (job.in_words(), job.by().to_string());
        let receipt = match job {
            Job::Submit(submission) => city.register().submit(*submission),
            Job::Order { by, order, values } => city.issue_order(&by, order, &values),
        };
        let (entries, refused) = match receipt {
            Ok(receipt) => (receipt.entries, None),
            Err(SubmitError::Refused(refusal)) => (Vec::new(), Some(refusal.to_string())),
            Err(error) => return Err(error.into()),
        };
        done.push(Done { job: words, by, entries, would_make: Vec::new(), refused });
    }
    city.register().publish()?;
    Ok(done)
}

/// What each job would do. An order's list is not made: the act is the same with one of as many tags that match nothing.
fn preview(city: &City, jobs: &[Job]) -> Vec<Done> {
    let submissions: Vec<Submission> = jobs.iter().map(submission).collect();
    let outcomes = city.register().preview(&submissions);
    jobs.iter().zip(outcomes).map(|(job, outcome)| previewed(job, outcome)).collect()
}

fn submission(job: &Job) -> Submission {
    match job {
        Job::Submit(submission) => Submission::clone(submission),
        Job::Order { by, order, values } => {
            let command = Command::IssueOrder { order: order.clone(), list: vec![NO_TAG; values.len()].join("\n") };
            Submission { by: by.clone(), reason: None, command }
        }
    }
}

fn previewed(job: &Job, outcome: Result<Vec<Act>, SubmitError>) -> Done {
    let (would_make, refused) = match outcome {
        Ok(acts) => (acts.iter().map(|act| act.what.kind().to_owned()).collect(), None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Done { job: job.in_words(), by: job.by().to_string(), entries: Vec::new(), would_make, refused }
}

fn at_address(args: &Apply, jobs: Vec<Job>) -> anyhow::Result<Vec<Done>> {
    let tokens = args.tokens.as_deref().context("an address needs `--tokens FILE` with the acting parties' tokens")?;
    let tokens: BTreeMap<String, String> = toml::from_str(&fs::read_to_string(tokens)?).context("the tokens file")?;
    let client = Client::new(&args.city);
    let mut done = Vec::new();
    for job in jobs {
        let (words, by) = (job.in_words(), job.by().to_string());
        let token = tokens.get(&by).with_context(|| format!("the tokens file has no token of `{by}`"))?;
        let Job::Submit(submission) = job else {
            bail!("{words}: a list of values sought never travels; apply it at the city's folder");
        };
        let (entries, would_make, refused) = match client.submit(&submission, token, args.dry_run) {
            Ok(answer) if args.dry_run => (Vec::new(), strings(&answer, "acts"), None),
            Ok(answer) => (entries(&answer), Vec::new(), None),
            Err(error) if error.is::<Refused>() => (Vec::new(), Vec::new(), Some(format!("{error:#}"))),
            Err(error) => return Err(error),
        };
        done.push(Done { job: words, by, entries, would_make, refused });
    }
    Ok(done)
}

/// The entries in an answer to one command: `[{"entries": [...]}]`.
fn entries(answer: &serde_json::Value) -> Vec<u64> {
    let entries = answer.pointer("/0/entries").and_then(serde_json::Value::as_array);
    entries.into_iter().flatten().filter_map(serde_json::Value::as_u64).collect()
}

/// The texts under a key in an answer to one command.
fn strings(answer: &serde_json::Value, key: &str) -> Vec<String> {
    let found = answer.pointer(&format!("/0/{key}")).and_then(serde_json::Value::as_array);
    found.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
