//! `ordinance apply`: bring a city to what a manifest declares.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use flow::City;
use model::Act;
use register::{Command, Submission, SubmitError};
use serde::Serialize;
use serde_json::Value;

use super::office::entries;
use super::open;
use crate::args::Apply;
use crate::client::{Client, is_address};
use crate::declared::{self, Holds};
use crate::manifest::{Job, Manifest};
use crate::output::{Output, Refused};

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
        jobs.extend(declared::read::<Manifest>(file, Holds::Declarations)?.jobs());
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

/// Does each job; a refusal stops only what depends on it.
pub(crate) fn apply(city: &City, jobs: Vec<Job>) -> anyhow::Result<Vec<Done>> {
    let done = jobs.into_iter().map(|job| apply_one(city, job)).collect::<anyhow::Result<_>>()?;
    city.register().publish()?;
    Ok(done)
}

/// Does one job, and leaves it to the caller to publish.
pub(crate) fn apply_one(city: &City, job: Job) -> anyhow::Result<Done> {
    let (words, by) = (job.in_words(), job.by().to_string());
    let receipt = match job {
        Job::Submit(submission) => city.register().submit(*submission),
        Job::Order { by, order, values } => city.issue_order(&by, order, &values.0),
    };
    let (entries, refused) = match receipt {
        Ok(receipt) => (receipt.entries, None),
        Err(SubmitError::Refused(refusal)) => (Vec::new(), Some(refusal.to_string())),
        Err(error) => return Err(error.into()),
    };
    Ok(Done { job: words, by, entries, would_make: Vec::new(), refused })
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
            let command = Command::IssueOrder { order: order.clone(), list: vec![NO_TAG; values.0.len()].join("\n") };
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
    let tokens: BTreeMap<String, String> = declared::read(tokens, Holds::Tokens).context("the tokens file")?;
    let token = |by: &str| tokens.get(by).with_context(|| format!("the tokens file has no token of `{by}`"));
    let client = Client::new(&args.city);
    if args.dry_run {
        return preview_at(&client, &jobs, &token);
    }
    let mut done = Vec::new();
    for job in jobs {
        let (words, by) = (job.in_words(), job.by().to_string());
        let token = token(&by)?;
        let Job::Submit(submission) = job else {
            bail!("{words}: a list of values sought never travels; apply it at the city's folder");
        };
        let (entries, refused) = match client.submit(&submission, token) {
            Ok(answer) => (entries(&answer), None),
            Err(error) if error.is::<Refused>() => (Vec::new(), Some(format!("{error:#}"))),
            Err(error) => return Err(error),
        };
        done.push(Done { job: words, by, entries, would_make: Vec::new(), refused });
    }
    Ok(done)
}

/// Asks what all jobs would do one after the other, so that one may build on another. No list of values sought is sent.
fn preview_at<'t>(
    client: &Client,
    jobs: &[Job],
    token: &impl Fn(&str) -> anyhow::Result<&'t String>,
) -> anyhow::Result<Vec<Done>> {
    // Whoever could not do it later learns so now.
    jobs.iter().try_for_each(|job| token(job.by().as_str()).map(drop))?;
    let Some(first) = jobs.first() else { return Ok(Vec::new()) };
    let submissions: Vec<Submission> = jobs.iter().map(submission).collect();
    let answer = client.preview(&submissions, token(first.by().as_str())?)?;
    let outcomes = answer.as_array().filter(|outcomes| outcomes.len() == jobs.len());
    let outcomes = outcomes.context("the node's answer does not fit what was asked")?;
    let done = |(job, outcome): (&Job, &Value)| Done {
        job: job.in_words(),
        by: job.by().to_string(),
        entries: Vec::new(),
        would_make: texts(outcome.get("acts")),
        refused: outcome.pointer("/refused/detail").map(|detail| detail.as_str().unwrap_or_default().to_owned()),
    };
    Ok(jobs.iter().zip(outcomes).map(done).collect())
}

fn texts(array: Option<&Value>) -> Vec<String> {
    let found = array.and_then(Value::as_array).into_iter().flatten();
    found.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
