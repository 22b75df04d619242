//! The ways to change a norm, on its JSON form.
//!
//! Conditions are only ever made looser: an operand of `&&` is dropped where its truth spares somebody, one of `||` where its
//! truth forbids. Numbers move both ways, because a test at the boundary must notice both.

use cedar_policy::{Policy, PolicyId as CedarId};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The norm forbids less.
    Looser,
    /// The norm forbids more.
    Stricter,
    /// It forbids something else.
    Other,
}

/// A changed norm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mutant {
    /// In words.
    pub(super) change: String,
    pub(super) direction: Direction,
    /// The policy; none if it is gone.
    pub(super) policy: Option<Value>,
}

/// What the truth of an expression does to the norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// It forbids.
    Forbids,
    /// It spares.
    Spares,
    /// Neither: it is a part of a comparison, or the question of an `if`.
    Neither,
}

impl Truth {
    const fn not(self) -> Self {
        match self {
            Self::Forbids => Self::Spares,
            Self::Spares => Self::Forbids,
            Self::Neither => Self::Neither,
        }
    }

    /// Which way it goes if the expression is true more often.
    const fn truer(self) -> Direction {
        match self {
            Self::Forbids => Direction::Stricter,
            Self::Spares => Direction::Looser,
            Self::Neither => Direction::Other,
        }
    }
}

/// A changed expression.
struct Variant {
    change: String,
    direction: Direction,
    expression: Value,
}

/// Every change of a norm.
pub(super) fn mutants(policy: &Value) -> Vec<Mutant> {
    let mut mutants =
        vec![Mutant { change: "the norm is gone".to_owned(), direction: Direction::Looser, policy: None }];
    mutants.extend(actions(policy));
    mutants.extend(scopes(policy));
    let conditions = policy.get("conditions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (number, condition) in conditions.iter().enumerate() {
        let truth = if condition.get("kind") == Some(&json!("unless")) { Truth::Spares } else { Truth::Forbids };
        let Some(body) = condition.get("body") else { continue };
        for variant in variants(body, truth) {
            let mut changed = policy.clone();
            if let Some(body) = changed.pointer_mut(&format!("/conditions/{number}/body")) {
                *body = variant.expression;
            }
            mutants.push(Mutant { change: variant.change, direction: variant.direction, policy: Some(changed) });
        }
    }
    mutants
}

/// Each action of a list dropped, and the list itself.
fn actions(policy: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    if let Some(actions) = policy.pointer("/action/entities").and_then(Value::as_array).filter(|list| list.len() > 1) {
        for (number, action) in actions.iter().enumerate() {
            let mut changed = policy.clone();
            if let Some(list) = changed.pointer_mut("/action/entities").and_then(Value::as_array_mut) {
                list.remove(number);
            }
            let name = action.get("id").and_then(Value::as_str).unwrap_or_default();
            let change = format!("the action `{name}` is dropped");
            mutants.push(Mutant { change, direction: Direction::Looser, policy: Some(changed) });
        }
    }
    mutants
}

/// Each part of the scope opened.
fn scopes(policy: &Value) -> Vec<Mutant> {
    let open = json!({ "op": "All" });
    let mut mutants = Vec::new();
    for part in ["principal", "action", "resource"] {
        if policy.get(part).is_none_or(|scope| *scope == open) {
            continue;
        }
        let mut changed = policy.clone();
        if let Some(scope) = changed.get_mut(part) {
            *scope = open.clone();
        }
        let change = format!("the scope of `{part}` is dropped");
        mutants.push(Mutant { change, direction: Direction::Stricter, policy: Some(changed) });
    }
    mutants
}

/// Every change of an expression.
fn variants(expression: &Value, truth: Truth) -> Vec<Variant> {
    if let Some(number) = expression.get("Value").and_then(Value::as_i64) {
        return numbers(number, [Direction::Other; 2]);
    }
    let Some((operator, body)) = single(expression) else { return Vec::new() };
    match operator {
        "&&" | "||" => junction(operator, body, truth),
        "!" => within(operator, body, "arg", truth.not()),
        "<" | "<=" | ">" | ">=" => comparison(operator, body, truth),
        "if-then-else" => ["if", "then", "else"]
            .into_iter()
            .flat_map(|part| within(operator, body, part, if part == "if" { Truth::Neither } else { truth }))
            .collect(),
        "contains" | "containsAny" | "containsAll" => membership(operator, body, truth),
        // An attribute, a tag or an entity has no part that could be weakened.
        "Value" | "Var" | "." | "has" | "getTag" | "hasTag" => Vec::new(),
        _ => sides(operator, body, Truth::Neither),
    }
}

fn single(expression: &Value) -> Option<(&str, &Value)> {
    let object = expression.as_object().filter(|object| object.len() == 1)?;
    object.iter().next().map(|(operator, body)| (operator.as_str(), body))
}

/// The changes of one part of an expression, each put back into the whole.
fn within(operator: &str, body: &Value, part: &str, truth: Truth) -> Vec<Variant> {
    let Some(inner) = body.get(part) else { return Vec::new() };
    variants(inner, truth).into_iter().map(|variant| put_back(operator, body, part, variant)).collect()
}

fn put_back(operator: &str, body: &Value, part: &str, variant: Variant) -> Variant {
    let mut changed = body.clone();
    if let Some(inner) = changed.get_mut(part) {
        *inner = variant.expression;
    }
    Variant { expression: wrap(operator, changed), ..variant }
}

fn wrap(operator: &str, body: Value) -> Value {
    Value::Object(Map::from_iter([(operator.to_owned(), body)]))
}

fn sides(operator: &str, body: &Value, truth: Truth) -> Vec<Variant> {
    ["left", "right", "arg"].into_iter().flat_map(|part| within(operator, body, part, truth)).collect()
}

/// `&&` and `||`: an operand dropped where that loosens the norm, and whatever can be changed inside.
fn junction(operator: &str, body: &Value, truth: Truth) -> Vec<Variant> {
    let loosens = match truth {
        Truth::Spares => operator == "&&",
        Truth::Forbids => operator == "||",
        Truth::Neither => false,
    };
    let mut found = Vec::new();
    for (dropped, kept) in [("left", "right"), ("right", "left")] {
        let (Some(gone), Some(rest)) = (body.get(dropped), body.get(kept)) else { continue };
        // An operand that is itself such a chain loses its own operands below, one by one.
        if loosens && gone.get(operator).is_none() {
            let change = format!("`{}` is dropped", text(gone));
            found.push(Variant { change, direction: Direction::Looser, expression: rest.clone() });
        }
    }
    found.extend(sides(operator, body, truth));
    found
}

/// A comparison: a number on either side moved by one.
fn comparison(operator: &str, body: &Value, truth: Truth) -> Vec<Variant> {
    let mut found = Vec::new();
    for (part, grows) in [("left", operator.starts_with('>')), ("right", operator.starts_with('<'))] {
        let Some(inner) = body.get(part) else { continue };
        let changed = match inner.get("Value").and_then(Value::as_i64) {
            // If the number grows, the comparison is true more often, or less often.
            Some(number) => {
                let (more, less) = (truth.truer(), truth.not().truer());
                numbers(number, if grows { [more, less] } else { [less, more] })
            }
            None => variants(inner, Truth::Neither),
        };
        found.extend(changed.into_iter().map(|variant| put_back(operator, body, part, variant)));
    }
    found
}

/// A number one higher and one lower, with the direction of each.
fn numbers(number: i64, [higher, lower]: [Direction; 2]) -> Vec<Variant> {
    let moved = [(number.checked_add(1), higher), (number.checked_sub(1), lower)];
    let variant = |(moved, direction): (Option<i64>, Direction)| {
        let moved = moved?;
        Some(Variant { change: format!("{number} becomes {moved}"), direction, expression: json!({ "Value": moved }) })
    };
    moved.into_iter().filter_map(variant).collect()
}

/// A set written out: a member dropped where that loosens the norm.
fn membership(operator: &str, body: &Value, truth: Truth) -> Vec<Variant> {
    let mut found = sides(operator, body, Truth::Neither);
    for part in ["left", "right"] {
        let Some(members) = body.pointer(&format!("/{part}/Set")).and_then(Value::as_array) else { continue };
        // Fewer members are easier to have all of, and harder to have one of.
        let truer = operator == "containsAll" && part == "right";
        let direction = if truer { truth.truer() } else { truth.not().truer() };
        if direction != Direction::Looser || members.len() < 2 {
            continue;
        }
        for number in 0..members.len() {
            let mut fewer = members.clone();
            let gone = fewer.remove(number);
            let change = format!("{} is dropped from the set", text(&gone));
            let variant = Variant { change, direction, expression: json!({ "Set": fewer }) };
            found.push(put_back(operator, body, part, variant));
        }
    }
    found
}

/// An expression as Cedar writes it.
fn text(expression: &Value) -> String {
    let open = json!({ "op": "All" });
    let policy = json!({ "effect": "permit", "principal": open, "action": open, "resource": open,
        "conditions": [{ "kind": "when", "body": expression }] });
    let policy = Policy::from_json(Some(CedarId::new("p")), policy).map(|policy| policy.to_string());
    let body = policy.ok().and_then(|text| Some(text.split_once('{')?.1.rsplit_once('}')?.0.trim().to_owned()));
    body.unwrap_or_else(|| expression.to_string()).split_whitespace().collect::<Vec<_>>().join(" ")
}
