//! What is filed for the demo city: the papers of its devices, the documents behind all papers, and how it is told in few
//! lines.
//!
//! Papers of deployments and of the city are written out in the manifest. Nothing here decides which are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use model::{Assessment, Digest, Evidence, EvidenceKind, Subject, Timestamp};
use register::State;
use sha2::{Digest as _, Sha256};

use crate::manifest::{DeviceItem, EvidenceItem, Job, Manifest};

/// What is stated of each device: the kind, and the words for residents.
const OF_DEVICES: [(&str, &str); 2] = [
    ("unique-credentials", "It has a password of its own, set when it was put up; the maker's was taken out."),
    ("vulnerability-contact", "Its maker takes reports of holes and answers them; the address is on the device."),
];

/// The papers of devices; who registers a device states what it is.
pub(super) fn of_devices(devices: &[DeviceItem], on: Timestamp) -> anyhow::Result<Vec<EvidenceItem>> {
    let pairs = devices.iter().flat_map(|item| OF_DEVICES.iter().map(move |paper| (item, paper)));
    let paper = |(item, (kind, summary)): (&DeviceItem, &(&str, &str))| {
        let about = Subject::Device { id: item.device.id.clone() };
        let file = Evidence {
            id: format!("{}-{kind}", item.device.id).parse()?,
            about,
            kind: kind.parse()?,
            on,
            until: None,
            signed_by: item.by.clone(),
            summary: (*summary).to_owned(),
            document: None,
            answers: None,
        };
        Ok(EvidenceItem { reason: None, file })
    };
    pairs.map(paper).collect()
}

/// Writes the document behind each paper and each assessment into a folder, and gives each its document's fingerprint.
pub(super) fn write(folder: &Path, manifest: &mut Manifest) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot keep documents in `{}`", folder.display()))?;
    for item in &mut manifest.evidence {
        let paper = &mut item.file;
        paper.document = Some(write_one(folder, paper.id.as_str(), &paper_in_words(paper))?);
    }
    for assessment in manifest.deployment.iter_mut().flat_map(|item| &mut item.assessment) {
        assessment.document = write_one(folder, assessment.id.as_str(), &assessment_in_words(assessment))?;
    }
    Ok(())
}

fn write_one(folder: &Path, id: &str, text: &str) -> anyhow::Result<Digest> {
    let path = folder.join(format!("{id}.txt"));
    fs::write(&path, text).with_context(|| format!("cannot keep `{}`", path.display()))?;
    Ok(fingerprint(text.as_bytes()))
}

fn fingerprint(bytes: &[u8]) -> Digest {
    Digest::new(Sha256::digest(bytes).into())
}

fn paper_in_words(paper: &Evidence) -> String {
    let about = match &paper.about {
        Subject::City => "the city".to_owned(),
        Subject::Deployment { id } => format!("`{id}`"),
        Subject::Device { id } => format!("the device `{id}`"),
    };
    let Evidence { kind, on, signed_by, summary, .. } = paper;
    format!("{kind}, about {about}\n\n{summary}\n\nSigned by `{signed_by}`, {on}.\nInvented, for a demo city.\n")
}

fn assessment_in_words(assessment: &Assessment) -> String {
    let Assessment { deployment, instrument, outcome, summary, signed_by, review_by, .. } = assessment;
    format!(
        "{instrument}, of `{deployment}`\n\n{summary}\n\nOutcome: {}. To be looked at again by {review_by}.\nSigned by \
         `{signed_by}`.\nInvented, for a demo city.\n",
        outcome.code()
    )
}

/// How many documents the register names, and those of them that are not in the folder as they were signed.
pub(super) fn held_against(folder: &Path, state: &State) -> (usize, Vec<String>) {
    let papers = state.evidence.iter().filter_map(|(id, record)| Some((id.to_string(), record.evidence.document?)));
    let assessments = state.deployments.values().flat_map(|record| &record.standing.assessments);
    let named: Vec<(String, Digest)> =
        papers.chain(assessments.map(|one| (one.id.to_string(), one.document))).collect();
    let differs = |(id, document): &&(String, Digest)| {
        let bytes = fs::read(folder.join(format!("{id}.txt")));
        bytes.map_or(true, |bytes| fingerprint(&bytes) != *document)
    };
    (named.len(), named.iter().filter(differs).map(|(id, _)| id.clone()).collect())
}

/// The statement that a job files, if it files one.
pub(super) fn filed(job: &Job) -> Option<&Evidence> {
    let Job::Submit(submission) = job else { return None };
    let register::Command::FileEvidence(evidence) = &submission.command else { return None };
    Some(evidence)
}

/// Statements filed one after the other.
#[derive(Default)]
pub(super) struct Papers(BTreeMap<String, (usize, BTreeSet<EvidenceKind>)>);

impl Papers {
    /// Notes one.
    pub(super) fn add(&mut self, evidence: Evidence) {
        let about = match evidence.about {
            Subject::City => "the city".to_owned(),
            Subject::Deployment { id } => format!("`{id}`"),
            Subject::Device { .. } => "devices".to_owned(),
        };
        let (count, kinds) = self.0.entry(about).or_default();
        *count += 1;
        kinds.insert(evidence.kind);
    }

    /// A line for each thing that something was stated about, since this was last asked.
    pub(super) fn told(&mut self) -> Vec<String> {
        let line = |(about, (count, kinds)): (String, (usize, BTreeSet<EvidenceKind>))| {
            let kinds: Vec<&str> = kinds.iter().map(EvidenceKind::as_str).collect();
            format!("{count} statements are filed about {about}: {}", kinds.join(", "))
        };
        std::mem::take(&mut self.0).into_iter().map(line).collect()
    }
}
