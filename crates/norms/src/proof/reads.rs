//! Which facts a policy looks at, from its JSON form: for axioms that say something, and for stories that leave out the rest.

use std::collections::BTreeSet;

use serde_json::Value;

/// Where a fact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Root {
    Principal,
    Resource,
    Context,
}

/// A fact: `resource.minimum`, `resource.accountable.kind`, or the tag `notice..starts` of the resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) steps: Vec<String>,
    pub(crate) tag: Option<String>,
}

impl Path {
    /// As Cedar writes it.
    pub(crate) fn cedar(&self) -> String {
        let mut text = match self.root {
            Root::Principal => "principal",
            Root::Resource => "resource",
            Root::Context => "context",
        }
        .to_owned();
        for step in &self.steps {
            text += &format!("[\"{}\"]", step.escape_debug());
        }
        text
    }
}

/// Every fact that a policy looks at.
pub(crate) fn reads(policy: &Value) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![policy];
    while let Some(json) = waiting.pop() {
        if let Some(path) = path(json) {
            // The whole path says more than its beginning: `resource.accountable.kind`, not also `resource.accountable`.
            found.insert(path);
            continue;
        }
        match json {
            Value::Object(object) => waiting.extend(object.values()),
            Value::Array(array) => waiting.extend(array),
            _ => {}
        }
    }
    found
}

/// The path that an expression is, if it is one that ends in an attribute or a tag.
fn path(json: &Value) -> Option<Path> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    let (operator, body) = object.iter().next()?;
    match operator.as_str() {
        "." => {
            let mut path = base(body.get("left")?)?;
            path.steps.push(body.get("attr")?.as_str()?.to_owned());
            Some(path)
        }
        "getTag" | "hasTag" => {
            let mut path = base(body.get("left")?)?;
            path.tag = Some(body.pointer("/right/Value")?.as_str()?.to_owned());
            Some(path)
        }
        _ => None,
    }
}

/// What a path begins with: a variable, or another path.
fn base(json: &Value) -> Option<Path> {
    let Some(variable) = json.get("Var").and_then(Value::as_str) else {
        return path(json).filter(|path| path.tag.is_none());
    };
    let root = match variable {
        "principal" => Root::Principal,
        "resource" => Root::Resource,
        "context" => Root::Context,
        _ => return None,
    };
    Some(Path { root, steps: Vec::new(), tag: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_is_found_and_a_path_is_told_whole() {
        let policy: cedar_policy::Policy = r#"forbid (principal, action, resource) unless {
            !resource.personal || (resource.accountable.kind == "x" && principal["kind"] != context.now)
            || (resource.hasTag("notice..starts") && resource.getTag("notice..starts") >= 10)
            || ["a", "b"].contains(resource.purpose) || resource.duties.contains("d") };"#
            .parse()
            .unwrap();
        let paths = reads(&policy.to_json().unwrap());
        let texts: Vec<String> = paths
            .iter()
            .map(|path| path.cedar() + &path.tag.as_ref().map(|tag| format!("#{tag}")).unwrap_or_default())
            .collect();
        let expected = [
            r#"principal["kind"]"#,
            r##"resource#notice..starts"##,
            r#"resource["accountable"]["kind"]"#,
            r#"resource["duties"]"#,
            r#"resource["personal"]"#,
            r#"resource["purpose"]"#,
            r#"context["now"]"#,
        ];
        assert_eq!(texts, expected);
    }
}
