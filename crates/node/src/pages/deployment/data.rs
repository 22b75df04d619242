//! The data of a deployment, from the sensor to what is stored, and the assessment of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use model::{Assessment, Deployment, Digest, SignOff, Stream, StreamId};
use register::State;

use super::Refused;
use crate::lang::Lang;
use crate::pages::party_name;
use crate::words;

/// The most sensors listed by name; the API has all of them.
const SENSORS_SHOWN: usize = 20;

/// The sensors of a deployment.
pub(super) struct Sensors {
    pub(super) count: String,
    /// Name and position of each, up to the limit.
    pub(super) shown: Vec<(String, String)>,
    pub(super) more: usize,
}

impl Sensors {
    pub(super) fn of(lang: Lang, state: &State, deployment: &Deployment) -> Self {
        let mut devices: Vec<_> = deployment.streams.iter().flat_map(|stream| state.devices_of(&stream.id)).collect();
        devices.sort_by_key(|device| &device.id);
        let shown = devices.iter().take(SENSORS_SHOWN).map(|device| {
            let [north, east] = [device.position.latitude(), device.position.longitude()]
                .map(|degrees| lang.decimal(&format!("{degrees:.5}")));
            let position = match lang {
                Lang::En => format!("{north}° north, {east}° east"),
                Lang::De => format!("{north}° Nord, {east}° Ost"),
            };
            (device.id.to_string(), position)
        });
        Self {
            count: lang.count(devices.len() as u64, ("sensor", "sensors"), ("Sensor", "Sensoren")),
            shown: shown.collect(),
            more: devices.len().saturating_sub(SENSORS_SHOWN),
        }
    }
}

/// What becomes of one stream's data.
pub(super) struct StreamPart {
    pub(super) id: String,
    pub(super) time: String,
    pub(super) properties: Vec<PropertyPart>,
    pub(super) kept: String,
    /// How somebody can be left out, if anybody can.
    pub(super) left_out: Option<&'static str>,
    pub(super) deleted: Option<String>,
    /// What its releases may tell of one unit.
    pub(super) budget: Option<String>,
    /// What the policies say against it now, although the deployment is in force.
    pub(super) refused: Option<Refused>,
}

/// What becomes of one property.
pub(super) struct PropertyPart {
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) words: String,
}

impl StreamPart {
    pub(super) fn of(
        lang: Lang,
        state: &State,
        stream: &Stream,
        refusals: &BTreeMap<StreamId, Refused>,
        budgets: &BTreeMap<StreamId, String>,
    ) -> Self {
        let part = |(name, property): (&model::PropertyName, &model::Property)| PropertyPart {
            what: lang.category(property.category),
            name: name.to_string(),
            words: words::treatment(lang, property),
        };
        Self {
            id: stream.id.to_string(),
            time: words::time_treatment(lang, stream.time),
            properties: stream.properties.iter().map(part).collect(),
            kept: match lang {
                Lang::En if stream.retention.0 == model::Span::ZERO => "Nothing is stored.".to_owned(),
                Lang::De if stream.retention.0 == model::Span::ZERO => "Nichts wird gespeichert.".to_owned(),
                Lang::En => format!("It is deleted after {}.", lang.span_after(stream.retention.0)),
                Lang::De => format!("Alles wird nach {} gelöscht.", lang.span_after(stream.retention.0)),
            },
            budget: budgets.get(&stream.id).cloned(),
            left_out: words::left_out(lang, stream),
            refused: refusals.get(&stream.id).cloned(),
            deleted: state.deleted_before.get(&stream.id).map(|before| lang.instant(*before)),
        }
    }
}

/// What of all the properties is never kept, without repetition.
pub(super) fn never_kept(lang: Lang, deployment: &Deployment) -> Vec<String> {
    let properties = deployment.streams.iter().flat_map(|stream| stream.properties.values());
    let mut never: Vec<String> = properties.filter_map(|property| words::never_kept(lang, property)).collect();
    never.sort_unstable();
    never.dedup();
    never
}

/// An assessment.
pub(super) struct Assessed {
    pub(super) instrument: String,
    /// What the instrument is called, where it is one of those that this software carries, in this very edition.
    pub(super) title: Option<String>,
    /// The hash of the edition that was answered.
    pub(super) edition: Option<String>,
    pub(super) outcome: &'static str,
    pub(super) summary: String,
    pub(super) signed_by: String,
    pub(super) review_by: String,
    pub(super) document: String,
    /// The instruments that have to be answered besides.
    pub(super) requires: Vec<String>,
    /// How much care the answers found that it needs.
    pub(super) tier: Option<&'static str>,
    pub(super) sign_offs: Vec<SignedOff>,
}

/// Somebody's word in a role.
pub(super) struct SignedOff {
    pub(super) role: String,
    pub(super) party: String,
    pub(super) day: String,
}

impl Assessed {
    pub(super) fn of(lang: Lang, state: &State, assessment: &Assessment) -> Self {
        let signed_off = |one: &SignOff| SignedOff {
            role: words::role(lang, &one.role),
            party: party_name(state, &one.party),
            day: lang.day(one.at),
        };
        Self {
            instrument: assessment.instrument.to_string(),
            title: assessment.instrument_hash.and_then(|hash| title(&hash)),
            edition: assessment.instrument_hash.map(|hash| hash.to_string()),
            outcome: words::outcome(lang, assessment.outcome),
            summary: assessment.summary.clone(),
            signed_by: party_name(state, &assessment.signed_by),
            review_by: lang.day(assessment.review_by),
            document: assessment.document.to_string(),
            requires: assessment.requires.iter().map(ToString::to_string).collect(),
            tier: assessment.tier.map(|tier| words::tier(lang, tier)),
            sign_offs: assessment.sign_offs.iter().map(signed_off).collect(),
        }
    }
}

/// The title of an edition that comes with this software.
fn title(hash: &Digest) -> Option<String> {
    static TITLES: LazyLock<BTreeMap<Digest, String>> = LazyLock::new(|| {
        let library = standards::built_in().unwrap_or_default();
        let instruments = library.packs().flat_map(|pack| &pack.instruments);
        instruments.map(|one| (one.hash, one.title.clone())).collect()
    });
    TITLES.get(hash).cloned()
}
