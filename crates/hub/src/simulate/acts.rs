//! The acts of a generated city, day by day, as the bytes of log entries.
//!
//! Each day's acts follow from the seed and the day alone, so that a log of fewer days is a prefix of one of more.

use std::fmt::Write as _;

use model::{Span, Timestamp};

/// The days that a city founds itself and begins in.
const FOUNDING_DAYS: u32 = 14;
/// Nothing was decided about what is not real.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How much a generated city does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// How many deployments it has.
    pub deployments: u32,
    /// How many devices each of them has.
    pub devices: u32,
    /// How many days pass between two batches of disclosures.
    pub batch_days: u32,
    /// How many days pass between two inquiries of residents.
    pub inquiry_days: u32,
}

impl Scale {
    /// The scale of the city of a number: many are small, few are large.
    #[must_use]
    pub const fn of(number: u64) -> Self {
        match number % 50 {
            0 => Self { deployments: 24, devices: 12, batch_days: 1, inquiry_days: 2 },
            1..=7 => Self { deployments: 8, devices: 6, batch_days: 3, inquiry_days: 7 },
            _ => Self { deployments: 3, devices: 3, batch_days: 7, inquiry_days: 30 },
        }
    }
}

/// SplitMix64: numbers that follow from a seed.
pub(super) const fn mixed(seed: u64) -> u64 {
    let state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// A city's log as it grows.
pub(super) struct Acts<'a> {
    seed: u64,
    scale: Scale,
    begin: Timestamp,
    key: &'a str,
    policy: &'a str,
    entries: Vec<Vec<u8>>,
    disclosures: u64,
}

impl<'a> Acts<'a> {
    /// A city that begins on a day; `policy` is the body of its `policy-adopted/1`.
    pub(super) const fn new(seed: u64, scale: Scale, begin: Timestamp, key: &'a str, policy: &'a str) -> Self {
        Self { seed, scale, begin, key, policy, entries: Vec::new(), disclosures: 0 }
    }

    /// The entries of so many days.
    pub(super) fn of_days(mut self, days: u32) -> Vec<Vec<u8>> {
        for day in 0..days {
            self.day(day);
        }
        self.entries
    }

    fn at(&self, day: u32) -> Timestamp {
        self.begin + Span::days(day)
    }

    fn act(&mut self, day: u32, by: &str, kind: &str, body: &str) {
        let at = self.at(day);
        let entry = format!(r#"{{"at":"{at}","by":"{by}","what":{{"kind":"{kind}","body":{body}}}}}"#);
        self.entries.push(entry.into_bytes());
    }

    /// A number of this city, for one thing.
    const fn number(&self, thing: u64) -> u64 {
        mixed(self.seed ^ mixed(thing))
    }

    fn day(&mut self, day: u32) {
        if day == 0 {
            self.found();
        }
        let Scale { deployments, batch_days, inquiry_days, .. } = self.scale;
        for which in 0..deployments {
            let (start, decided) = self.life(which);
            self.deployment(day, which, start, decided);
        }
        if day > FOUNDING_DAYS + 70 && day.is_multiple_of(batch_days) {
            self.batch(day);
        }
        if day > FOUNDING_DAYS && day.is_multiple_of(inquiry_days) {
            self.inquiry(day);
        }
        let answered = day.saturating_sub(20);
        if answered > FOUNDING_DAYS
            && answered.is_multiple_of(inquiry_days)
            && !self.number(u64::from(answered)).is_multiple_of(5)
        {
            self.answer(day, answered);
        }
    }

    /// When a deployment is proposed, and when it is decided. They begin over the first months.
    fn life(&self, which: u32) -> (u32, u32) {
        let start = FOUNDING_DAYS + which * 200 / self.scale.deployments;
        (start, start + 1 + u32::try_from(self.number(u64::from(which)) % 60).unwrap_or(0))
    }

    fn found(&mut self) {
        let (key, name) = (self.key, format!("City {:x}", self.seed & 0xff_ffff));
        let origin = key.split('+').next().unwrap_or_default();
        let founder = format!(r#"{{"id":"city","name":"{name}","kind":"city-department"}}"#);
        let body = format!(r#"{{"name":"{name}","origin":"{origin}","founder":{founder},"log_key":"{key}"}}"#);
        self.act(0, "city", "city-founded/1", &body);
        for (id, kind) in [("office", "officer"), ("council", "officer"), ("public", "public"), ("lab", "company")] {
            let party = format!(r#"{{"id":"{id}","name":"{id}","kind":"{kind}"}}"#);
            let contact = format!(r#"{{"contact-mail":"{NONE}","contact-name":"{NONE}","contact-phone":"{NONE}"}}"#);
            self.act(0, "city", "party-registered/1", &format!(r#"{{"party":{party},"contact":{contact}}}"#));
        }
        let place = r#"{"id":"centre","name":"Centre","geometry":{"type":"Point","coordinates":[16.6,49.2]}}"#;
        self.act(0, "city", "place-registered/1", place);
        let policy = self.policy;
        self.act(0, "city", "policy-adopted/1", policy);
        if self.number(0x0ff1ce) % 5 < 3 {
            let (on, until) = (self.at(0), self.at(700));
            let body = format!(
                r#"{{"id":"cyber","about":{{"what":"city"}},"kind":"cyber-officer-named","on":"{on}","until":"{until}","signed_by":"city","summary":"Named."}}"#
            );
            self.act(0, "city", "evidence-filed/1", &body);
        }
    }

    fn deployment(&mut self, day: u32, which: u32, start: u32, decided: u32) {
        let people = which.is_multiple_of(3);
        if day == start {
            self.propose(day, which, people);
        }
        if day != decided {
            return;
        }
        let of = format!(r#"{{"deployment":"d{which}"}}"#);
        // One in five assesses itself.
        let signer = if self.number(1_000 + u64::from(which)).is_multiple_of(5) { "city" } else { "office" };
        let review = self.at(day + 90 + u32::try_from(self.number(u64::from(which) + 9) % 600).unwrap_or(0));
        let body = format!(
            r#"{{"id":"a{which}","deployment":"d{which}","instrument":"pre-scan-1","outcome":"acceptable","summary":"Fine.","signed_by":"{signer}","document":"{NONE}","review_by":"{review}"}}"#
        );
        self.act(day, signer, "assessment-signed/1", &body);
        let until = self.at(day + 600);
        let body = format!(r#"{{"deployment":"d{which}","until":"{until}"}}"#);
        self.act(day, "council", "deployment-approved/1", &body);
        self.act(day, "city", "deployment-published/1", &of);
        self.act(day, "city", "deployment-activated/1", &of);
        for device in 0..self.scale.devices {
            let support = match self.number(u64::from(which * 100 + device)) % 4 {
                0 => String::new(),
                years => format!(r#","support_until":"{}""#, self.at(200 * u32::try_from(years).unwrap_or(1))),
            };
            let body = format!(
                r#"{{"id":"d{which}-s{device}","deployment":"d{which}","stream":"st{which}","position":[16.6,49.2]{support}}}"#
            );
            self.act(day, "city", "device-registered/1", &body);
        }
        self.share(day, which, people);
    }

    fn propose(&mut self, day: u32, which: u32, people: bool) {
        let (technology, basis, purpose) = match people {
            true => ("wifi-counter", "public-task", "traffic-management"),
            false => ("river-gauge", "not-personal", "disaster-response"),
        };
        let properties = match people {
            true => {
                r#"{"mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}},"rssi":{"category":"signal-strength","value":"integer","treatment":{"do":"keep"}}}"#
            }
            false => r#"{"cm":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}"#,
        };
        let (starts, ends) = (self.at(day), self.at(day + 1_000));
        let body = format!(
            r#"{{"id":"d{which}","title":"Number {which}","description":"What it is for.","accountable":"city","place":"centre","technology":"{technology}","purposes":["{purpose}"],"legal_basis":"{basis}","starts":"{starts}","ends":"{ends}","streams":[{{"id":"st{which}","time":{{"do":"keep"}},"retention":"30d","properties":{properties}}}]}}"#
        );
        self.act(day, "city", "deployment-proposed/1", &body);
    }

    fn share(&mut self, day: u32, which: u32, people: bool) {
        let (measure, purpose) = match people {
            true => (r#"{"of":"distinct","property":"mac"}"#, "traffic-management"),
            false => (r#"{"of":"mean","property":"cm"}"#, "disaster-response"),
        };
        let body = format!(
            r#"{{"id":"v","version":1,"stream":"st{which}","title":"View","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},"measure":{measure}}},"identifiers":"none","minimum":10,"bound":null,"noise":"none","delay":"0s","depth":"30d"}}"#
        );
        self.act(day, "city", "view-declared/1", &body);
        let recipient = if people { "lab" } else { "public" };
        let until = self.at(day + 500);
        let body = format!(
            r#"{{"id":"g{which}","recipient":"{recipient}","stream":"st{which}","view":"v","purpose":"{purpose}","until":"{until}","duties":["no-reidentification"]}}"#
        );
        self.act(day, "city", "grant-agreed/1", &body);
    }

    fn batch(&mut self, day: u32) {
        // Of those that had been decided when the batch began.
        let begun = |which: &u32| self.life(*which).1 + self.scale.batch_days < day;
        let count = |which: u32| (which, 1 + self.number(u64::from(day * 8 + which)) % 90);
        let counts: Vec<(u32, u64)> = (0..self.scale.deployments).filter(begun).take(4).map(count).collect();
        if !counts.is_empty() {
            self.handed_over(day, &counts);
        }
    }

    fn handed_over(&mut self, day: u32, counts: &[(u32, u64)]) {
        let first = self.disclosures;
        self.disclosures += counts.iter().map(|(_, count)| count).sum::<u64>();
        let mut totals = String::new();
        for &(which, count) in counts {
            let (recipient, purpose) = match which.is_multiple_of(3) {
                true => ("lab", "traffic-management"),
                false => ("public", "disaster-response"),
            };
            let comma = if totals.is_empty() { "" } else { "," };
            // Writing to a text does not fail.
            let _ = write!(
                totals,
                r#"{comma}{{"recipient":"{recipient}","purpose":"{purpose}","stream":"st{which}","view":"v","version":1,"disclosures":{count},"rows":{},"withheld":0}}"#,
                count * 96
            );
        }
        let (last, start, end) =
            (self.disclosures - 1, self.at(day.saturating_sub(self.scale.batch_days)), self.at(day));
        let body = format!(
            r#"{{"first":{first},"last":{last},"window":{{"start":"{start}","end":"{end}"}},"root":"{NONE}","totals":[{totals}]}}"#
        );
        self.act(day, "city", "disclosures-batched/1", &body);
    }

    fn inquiry(&mut self, day: u32) {
        let on = self.at(day);
        let evidence = format!(
            r#"{{"id":"asked-{day}","about":{{"what":"city"}},"kind":"question","on":"{on}","signed_by":"city","summary":"A resident asked."}}"#
        );
        let sealed = format!(r#"{{"contact-mail":"{NONE}","contact-name":"{NONE}","words":"{NONE}"}}"#);
        let body = format!(r#"{{"kind":"question","evidence":{evidence},"sealed":{sealed}}}"#);
        self.act(day, "city", "inquiry-received/1", &body);
    }

    fn answer(&mut self, day: u32, asked: u32) {
        let on = self.at(day);
        let body = format!(
            r#"{{"id":"answer-{asked}","about":{{"what":"city"}},"kind":"question-answer","on":"{on}","signed_by":"city","summary":"It was answered.","answers":"asked-{asked}"}}"#
        );
        self.act(day, "city", "evidence-filed/1", &body);
    }
}
