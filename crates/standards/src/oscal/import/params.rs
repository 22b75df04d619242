//! OSCAL's parameters as ours. A foreign one has texts for values and no direction: it comes as a set, and says so.

use std::collections::{BTreeMap, BTreeSet};

use model::ParameterId;
use serde::de::DeserializeOwned;

use super::super::document::Param;
use super::super::loss::Losses;
use super::is_ours;
use crate::parameter::{AgeTier, Parameter, Value};

fn code<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

fn own_value(class: Option<&str>, values: &[String]) -> Option<Value> {
    let single = || values.first().map(String::as_str);
    Some(match class? {
        "count" => Value::Count(single()?.parse().ok()?),
        "span" => Value::Span(single()?.parse().ok()?),
        "set" => Value::Set(values.iter().cloned().collect()),
        "silence" => Value::Silence(code(single()?)?),
        "tiers" => {
            let tier = |text: &String| {
                let (after, needs) = text.split_once(' ')?;
                Some(AgeTier { after: after.parse().ok()?, needs: code(needs)? })
            };
            Value::Tiers(values.iter().map(tier).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

pub(super) fn read(path: &str, params: &[Param], losses: &mut Losses) -> BTreeMap<ParameterId, Parameter> {
    let mut parameters = BTreeMap::new();
    for param in params {
        let at = format!("{path}/params/{}", param.id);
        losses.rest(&at, &param.rest);
        losses.props(&at, param.props.iter().filter(|property| !is_ours(&property.ns)));
        let Some(id) = id(&param.id) else {
            losses.add(&at, "a name that cannot be one of a parameter");
            continue;
        };
        let own = own_value(param.class.as_deref(), &param.values);
        if own.is_none() {
            losses.add(&at, "which direction is stricter is not said; it comes as a list of texts");
            if let Some(label) = &param.label {
                losses.add(&format!("{at}/label"), &format!("the label “{label}”"));
            }
        }
        let value = own.unwrap_or_else(|| Value::Set(param.values.iter().cloned().collect::<BTreeSet<_>>()));
        let stricter = param.props.iter().find(|property| property.name == "stricter" && is_ours(&property.ns));
        let stricter = stricter.and_then(|property| code(&property.value));
        parameters.insert(id.clone(), Parameter { id, value, stricter });
    }
    parameters
}

/// OSCAL allows more letters than we do: others become hyphens.
pub(super) fn id(token: &str) -> Option<ParameterId> {
    let fold = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '-' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        _ => '-',
    };
    ParameterId::new(&token.chars().map(fold).collect::<String>()).ok()
}
