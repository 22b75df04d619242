//! Duties and their clocks in plain words: what is owed, by when, and what silence means.

use model::{Moment, Silence};
use register::state::Lapse;
use standards::About;
use standards::duty::Duty;

use super::{day, instant};

/// A duty in one sentence.
pub(crate) fn clock(duty: &Duty) -> String {
    let who = if duty.applies.about == About::City { "The city" } else { "Each deployment that it concerns" };
    let again = duty.every.map(|every| format!(", and again every {}", every.in_words())).unwrap_or_default();
    let on = if duty.on.is_empty() {
        String::new()
    } else {
        let days: Vec<String> = duty.on.iter().map(ToString::to_string).collect();
        format!(", by the next {} (month and day)", days.join(" or "))
    };
    let more = duty.extension.as_ref().map_or_else(String::new, |extension| {
        format!(" It can be given {} more, by “{}”.", extension.by.in_words(), extension.evidence)
    });
    format!(
        "{who}: within {} of {}{on}{again}: {}. If not, {}.{more}",
        duty.within.in_words(),
        moment(&duty.from),
        done(&duty.done_by),
        silence(duty.silence)
    )
}

/// What has to happen for a duty to be done, and what its silence means, behind its name.
pub(crate) fn owes(duty: &Duty) -> String {
    format!("{}. If not, {}", done(&duty.done_by), silence(duty.silence))
}

/// A duty that is overdue, in one sentence.
pub(crate) fn overdue(lapse: &Lapse) -> String {
    let what = &lapse.what;
    let means = super::capital(silence(what.silence));
    let due = instant(what.due);
    format!("“{}” ({}) was to be done by {due}, and nobody did it. {means}.", what.duty, what.requirement)
}

/// Since when a duty is in force, behind its sentence.
pub(crate) fn owed_since(since: model::Timestamp) -> String {
    format!("Owed since {}.", day(since))
}

fn moment(moment: &Moment) -> String {
    match moment {
        Moment::Proposed => "the proposal".to_owned(),
        Moment::Assessed => "the assessment".to_owned(),
        Moment::Approved => "the approval".to_owned(),
        Moment::Published => "the publication".to_owned(),
        Moment::Activated => "its first day of collecting".to_owned(),
        Moment::Ended => "its end".to_owned(),
        Moment::Founded => "the founding of this log".to_owned(),
        Moment::Adopted => "the adoption of policies".to_owned(),
        Moment::Evidence(kind) => format!("the statement “{kind}”"),
    }
}

fn done(moment: &Moment) -> String {
    match moment {
        Moment::Evidence(kind) => format!("“{kind}” is filed"),
        Moment::Proposed => "it is proposed".to_owned(),
        Moment::Assessed => "it is assessed".to_owned(),
        Moment::Approved => "it is approved".to_owned(),
        Moment::Published => "it is published".to_owned(),
        Moment::Activated => "it begins to collect".to_owned(),
        Moment::Ended => "it ends".to_owned(),
        Moment::Founded => "the log is founded".to_owned(),
        Moment::Adopted => "policies are adopted".to_owned(),
    }
}

const fn silence(silence: Silence) -> &'static str {
    match silence {
        Silence::Cease => "what runs stops until it is done",
        Silence::Refuse => "what was asked is refused",
        Silence::Escalate => "it is named overdue here until it is done",
        Silence::Proceed => "the file goes on without it",
    }
}

#[cfg(test)]
mod tests {
    use standards::duty::read_duties;

    use super::*;

    #[test]
    fn a_duty_is_one_sentence_with_its_silence() {
        let text = "[[duty]]\nid = \"d\"\nrequirement = \"core-1\"\nfrom = \"activated\"\nwithin = \"12mo\"\nevery = \"12mo\"\n\
                    on = \"11-01\"\ndone_by = \"evidence/report\"\nsilence = \"cease\"\n\
                    [duty.extension]\nby = \"60d\"\nevidence = \"more-time\"\nmost = 1\n";
        let duty = read_duties("d.toml", text).unwrap().duties[0].resolve(|_| None).unwrap();
        assert_eq!(
            clock(&duty),
            "Each deployment that it concerns: within 12 months of its first day of collecting, by the next 11-01 (month and day), \
             and again every 12 months: “report” is filed. If not, what runs stops until it is done. It can be given 60 days more, \
             by “more-time”."
        );
    }
}
