//! Duties and their clocks in plain words: what is owed, by when, and what silence means.

use model::{DutyId, Moment, RequirementId, Silence};
use register::state::Lapse;
use standards::About;
use standards::duty::Duty;

use crate::lang::Lang;

/// A duty in one sentence.
pub(crate) fn clock(lang: Lang, duty: &Duty) -> String {
    let days: Vec<String> = duty.on.iter().map(ToString::to_string).collect();
    let (within, from, done, silence) = (
        lang.period_after(duty.within),
        moment(lang, &duty.from),
        done(lang, &duty.done_by),
        silence(lang, duty.silence),
    );
    let city = duty.applies.about == About::City;
    let more = duty.extension.as_ref();
    match lang {
        Lang::En => {
            let who = if city { "The city" } else { "Each deployment that it concerns" };
            let again = duty.every.map(|every| format!(", and again {}", lang.every_period(every))).unwrap_or_default();
            let on = by_day(&days, ", by the next ", " or ", " (month and day)");
            let more = more.map_or_else(String::new, |more| {
                format!(" It can be given {} more, by “{}”.", lang.period(more.by), more.evidence)
            });
            format!("{who}: within {within} of {from}{on}{again}: {done}. If not, {silence}.{more}")
        }
        Lang::De => {
            let who = if city { "Die Stadt" } else { "Jeder Einsatz, den es betrifft" };
            let again = duty.every.map(|every| format!(", danach {}", lang.every_period(every))).unwrap_or_default();
            let on = by_day(&days, ", bis zum nächsten ", " oder ", " (Monat und Tag)");
            let more = more.map_or_else(String::new, |more| {
                format!(" Die Frist kann um {} verlängert werden, durch „{}“.", lang.period(more.by), more.evidence)
            });
            format!("{who}: innerhalb von {within} nach {from}{on}{again}: {done}. Wenn nicht: {silence}.{more}")
        }
    }
}

/// The days of the year by which something has to be done, if any.
fn by_day(days: &[String], before: &str, or: &str, after: &str) -> String {
    if days.is_empty() { String::new() } else { format!("{before}{}{after}", days.join(or)) }
}

/// What has to happen for a duty to be done, and what its silence means, behind its name.
pub(crate) fn owes(lang: Lang, duty: &Duty) -> String {
    let otherwise = lang.of("If not,", "Wenn nicht:");
    format!("{}. {otherwise} {}", done(lang, &duty.done_by), silence(lang, duty.silence))
}

/// A duty by its words, where a standard has some, with the codes by which it is found behind them.
pub(crate) fn duty_named(title: Option<&str>, duty: &DutyId, requirement: &RequirementId) -> String {
    match title {
        Some(title) => format!("{title} (“{duty}”, {requirement})"),
        None => format!("“{duty}” ({requirement})"),
    }
}

/// A duty that is overdue, in one sentence that begins with its name; for offices, which work in English.
pub(crate) fn overdue_as(named: &str, lapse: &Lapse) -> String {
    let means = super::capital(silence(Lang::En, lapse.what.silence));
    let due = Lang::En.instant(lapse.what.due);
    format!("{named} was to be done by {due}, and nobody did it. {means}.")
}

/// A duty that is overdue, in one sentence, by what its requirement is called where that is known.
pub(crate) fn overdue(lang: Lang, title: Option<&str>, lapse: &Lapse) -> String {
    let what = &lapse.what;
    let means = super::capital(silence(lang, what.silence));
    let due = lang.instant(what.due);
    match lang {
        Lang::En => overdue_as(&duty_named(title, &what.duty, &what.requirement), lapse),
        Lang::De => {
            let named = match title {
                Some(title) => format!("{title} („{}“, {})", what.duty, what.requirement),
                None => format!("„{}“ ({})", what.duty, what.requirement),
            };
            format!("{named} war bis zum {due} zu erledigen, und niemand hat es getan. {means}.")
        }
    }
}

/// Since when a duty is in force, behind its sentence.
pub(crate) fn owed_since(lang: Lang, since: model::Timestamp) -> String {
    let day = lang.day(since);
    match lang {
        Lang::En => format!("Owed since {day}."),
        Lang::De => format!("Gilt seit dem {day}."),
    }
}

/// From when a duty counts; in German what stands after *nach*.
fn moment(lang: Lang, moment: &Moment) -> String {
    let told = match moment {
        Moment::Proposed => lang.of("the proposal", "dem Vorschlag"),
        Moment::Assessed => lang.of("the assessment", "der Prüfung der Risiken"),
        Moment::Approved => lang.of("the approval", "der Genehmigung"),
        Moment::Published => lang.of("the publication", "der Veröffentlichung"),
        Moment::Activated => lang.of("its first day of collecting", "dem ersten Tag der Erfassung"),
        Moment::Ended => lang.of("its end", "dem Ende"),
        Moment::Founded => lang.of("the founding of this log", "der Gründung dieses Protokolls"),
        Moment::Adopted => lang.of("the adoption of policies", "dem Beschluss von Regeln"),
        Moment::Evidence(kind) => {
            return match lang {
                Lang::En => format!("the statement “{kind}”"),
                Lang::De => format!("der Erklärung „{kind}“"),
            };
        }
    };
    told.to_owned()
}

fn done(lang: Lang, moment: &Moment) -> String {
    let told = match moment {
        Moment::Evidence(kind) => {
            return match lang {
                Lang::En => format!("“{kind}” is filed"),
                Lang::De => format!("„{kind}“ wird eingereicht"),
            };
        }
        Moment::Proposed => lang.of("it is proposed", "er wird vorgeschlagen"),
        Moment::Assessed => lang.of("it is assessed", "seine Risiken werden geprüft"),
        Moment::Approved => lang.of("it is approved", "er wird genehmigt"),
        Moment::Published => lang.of("it is published", "er wird veröffentlicht"),
        Moment::Activated => lang.of("it begins to collect", "er beginnt mit der Erfassung"),
        Moment::Ended => lang.of("it ends", "er endet"),
        Moment::Founded => lang.of("the log is founded", "das Protokoll wird gegründet"),
        Moment::Adopted => lang.of("policies are adopted", "Regeln werden beschlossen"),
    };
    told.to_owned()
}

const fn silence(lang: Lang, silence: Silence) -> &'static str {
    match silence {
        Silence::Cease => {
            lang.of("what runs stops until it is done", "was läuft, wird angehalten, bis es erledigt ist")
        }
        Silence::Refuse => lang.of("what was asked is refused", "was beantragt war, ist abgelehnt"),
        Silence::Escalate => {
            lang.of("it is named overdue here until it is done", "es steht hier als überfällig, bis es erledigt ist")
        }
        Silence::Proceed => lang.of("the file goes on without it", "das Verfahren geht ohne das weiter"),
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
            clock(Lang::En, &duty),
            "Each deployment that it concerns: within 12 months of its first day of collecting, by the next 11-01 (month and day), \
             and again every 12 months: “report” is filed. If not, what runs stops until it is done. It can be given 60 days more, \
             by “more-time”."
        );
    }

    #[test]
    fn a_duty_is_one_german_sentence_with_the_right_endings() {
        let text = "[[duty]]\nid = \"d\"\nrequirement = \"core-1\"\nfrom = \"activated\"\nwithin = \"12mo\"\nevery = \"1y\"\n\
                    done_by = \"evidence/report\"\nsilence = \"cease\"\n";
        let duty = read_duties("d.toml", text).unwrap().duties[0].resolve(|_| None).unwrap();
        assert_eq!(
            clock(Lang::De, &duty),
            "Jeder Einsatz, den es betrifft: innerhalb von 12 Monaten nach dem ersten Tag der Erfassung, danach jedes Jahr: \
             „report“ wird eingereicht. Wenn nicht: was läuft, wird angehalten, bis es erledigt ist."
        );
    }
}
