//! An agreement as ODRL 2.2, in JSON-LD: who lets whom use what, what for, until when, and what is promised.
//!
//! Public facts of the register alone. What ODRL has no term for has an address of this register and its words.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use model::{Duty, GrantId, GrantRecord};
use register::State as Register;
use serde_json::{Value, json};

use crate::address::Base;
use crate::api::files::{LD_JSON, drawn};
use crate::lang::Lang;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// `GET /grants/{id}/odrl.json`
pub(crate) async fn odrl(
    State(node): State<Node>,
    base: Base,
    headers: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let state = node.city.register().state();
    let found = id?.0.parse::<GrantId>().ok().and_then(|id| state.grants.get(&id));
    let record =
        found.ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such agreement in the register"))?;
    drawn(&state, &headers, LD_JSON, || Json(agreement(&state, record, &base)))
}

fn agreement(state: &Register, record: &GrantRecord, base: &Base) -> Value {
    let grant = &record.grant;
    let of = state.stream(&grant.stream).map(|(of, _)| &of.deployment);
    let organisation = |id: &model::PartyId| base.join(&format!("/organisations/{id}"));
    let target = of.map(|of| base.join(&format!("/deployments/{}#{}-{}", of.id, grant.stream, grant.view)));
    let until = record.ended.unwrap_or(grant.until);
    let mut permission = json!({
        "target": target,
        "action": "use",
        "assignee": organisation(&grant.recipient),
        "constraint": [
            { "leftOperand": "dateTime", "operator": "lt",
              "rightOperand": { "@value": until.to_string(), "@type": "xsd:dateTime" } },
            { "leftOperand": "purpose", "operator": "eq",
              "rightOperand": { "@id": base.join(&format!("/purposes/{}", grant.purpose.code())) } },
        ],
    });
    if let Some(of) = of {
        permission["assigner"] = organisation(&of.accountable).into();
    }
    let duties: Vec<Value> = grant.duties.iter().map(|promised| duty(*promised, base)).collect();
    if !duties.is_empty() {
        permission["duty"] = duties.into();
    }
    json!({
        "@context": "http://www.w3.org/ns/odrl.jsonld",
        "@type": "Agreement",
        "uid": base.join(&format!("/grants/{}/odrl.json", grant.id)),
        "dct:issued": { "@value": record.since.to_string(), "@type": "xsd:dateTime" },
        "permission": [permission],
    })
}

/// A promise as a duty: deleting has a term of ODRL, the others have their words.
fn duty(duty: Duty, base: &Base) -> Value {
    let action = match duty {
        Duty::DeleteOnExpiry => json!("delete"),
        Duty::NoReidentification | Duty::NoOnwardTransfer | Duty::HumanVerification => json!({
            "@id": base.join(&format!("/about#{}", duty.code())),
            "rdfs:label": words::capital(words::duty(Lang::En, duty)),
        }),
    };
    json!({ "action": action })
}
