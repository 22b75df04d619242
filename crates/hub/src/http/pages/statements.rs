//! Short statements about a draft, how the kinds of members answer them, and where they agree.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::drafts::found;
use super::{Reader, Said, Site, Who, drawn};
use crate::act::{Answer, Entry};
use crate::agree::{GROUP_MIN, Group, common, groups};
use crate::http::problem::Problem;
use crate::roles::Action;

#[derive(Template)]
#[template(path = "statements.html")]
struct Page {
    site: Site,
    draft: String,
    draft_title: String,
    group_min: u32,
    statements: Vec<Row>,
    form: Option<String>,
    moderate: Option<String>,
}

struct Row {
    entry: Entry,
    by: Who,
    said: Said,
    groups: Vec<Group>,
    common: Option<u32>,
    mine: Option<Answer>,
}

impl Row {
    /// What the reader answered, as a word.
    fn answered(&self) -> &'static str {
        match self.mine {
            Some(Answer::Agree) => "You agree.",
            Some(Answer::Disagree) => "You disagree.",
            Some(Answer::Pass) => "You left it open.",
            None => "",
        }
    }
}

/// `GET /drafts/{id}/statements`
pub(in crate::http) async fn statements(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let (id, draft) = found(reader, &id)?;
        let signed = reader.signed.as_ref();
        let row = |entry: &Entry| {
            let statement = reader.state.statements.get(entry)?;
            let groups = groups(statement);
            let mine = signed.and_then(|signed| statement.answers.get(&signed.person)).map(|(answer, _)| *answer);
            let (by, said) = (reader.person(&statement.by), reader.said(*entry));
            Some(Row { entry: *entry, by, said, common: common(&groups), groups, mine })
        };
        let mut rows: Vec<Row> = draft.statements.iter().filter_map(row).collect();
        // Where groups agree most stands first; what no two groups answered comes after, newest first.
        rows.sort_by_key(|row| (std::cmp::Reverse(row.common), std::cmp::Reverse(row.entry)));
        Ok(Page {
            site: reader.site(),
            draft: id.to_string(),
            draft_title: draft.opened.title.to_string(),
            group_min: GROUP_MIN,
            statements: rows,
            form: reader.form_for(Action::TakePart),
            moderate: reader.form_for(Action::Moderate),
        })
    })
    .await
}
