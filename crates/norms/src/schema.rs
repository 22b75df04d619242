//! The schema: the written part, and every purpose of the vocabulary as an action.

use std::sync::OnceLock;

use cedar_policy::Schema;
use model::Purpose;

/// The written part.
const WRITTEN: &str = include_str!("city.cedarschema");

/// The whole schema as Cedar text. A purpose is an action below its branch; branches stand below `disclose`.
#[must_use]
pub fn schema_text() -> String {
    let mut text = WRITTEN.to_owned();
    for purpose in Purpose::all() {
        let parent = purpose.parent().map_or("disclose", Purpose::code);
        text += &format!("action \"{}\" in [\"{}\"]", purpose_action(purpose), group(parent));
        // A branch is only a group; nobody can ask for it.
        if Purpose::all().all(|other| other.parent() != Some(purpose)) {
            text += " appliesTo { principal: Party, resource: Share, context: { \"now\": Long, \"oldestSeconds\": Long, \"seniorAuthorisation\": Bool } }";
        }
        text += ";\n";
    }
    text
}

/// The action of a purpose: its code behind a prefix, so that a purpose and an act never share a name.
pub(crate) fn purpose_action(purpose: Purpose) -> String {
    group(purpose.code())
}

fn group(code: &str) -> String {
    if code == "disclose" { code.to_owned() } else { format!("for:{code}") }
}

/// The schema, parsed once. It is part of this software; the tests parse it.
pub(crate) fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        #[expect(clippy::expect_used, reason = "a constant of this software, parsed by its tests")]
        Schema::from_cedarschema_str(&schema_text()).expect("the built-in schema parses").0
    })
}
