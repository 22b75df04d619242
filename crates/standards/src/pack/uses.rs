//! What a norm's text names: parameters with their forms, actions, and whether it looks at evidence.

use std::collections::BTreeSet;

use model::Id as _;

use super::NormText;
use super::lexer::{self, Token, TokenKind};
use crate::parameter::{Needs, ParameterId, read};

/// How a norm writes a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    /// `${p.senior}`, `${p.judge}`, `${p.nobody}`: from which age on so much is needed.
    pub needs: Option<Needs>,
    /// `${p.days}`: in days and not in seconds.
    pub days: bool,
}

/// One parameter as a norm names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// Which.
    pub parameter: ParameterId,
    /// How.
    pub form: Form,
}

impl Use {
    /// Reads `${p}`, `${p.days}`, `${p.senior}` or `${p.senior.days}`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        let mut parts = inner.split('.');
        let parameter = read::id(parts.next().unwrap_or_default())?;
        let mut form = Form { needs: None, days: false };
        for part in parts {
            let needs = Needs::ALL.into_iter().skip(1).find(|needs| needs.code() == part);
            match (part, needs) {
                ("days", _) if !form.days => form.days = true,
                (_, Some(_)) if form.needs.is_none() && !form.days => form.needs = needs,
                _ => {
                    return Err(format!("`{inner}` has the form `.{part}`; known are .days, .senior, .judge, .nobody"));
                }
            }
        }
        Ok(Self { parameter, form })
    }
}

impl NormText {
    pub(crate) fn tokens(&self) -> Vec<Token> {
        lexer::lex(&self.cedar).unwrap_or_default()
    }

    /// The parameters it names, each form once; `Err` for one that is no name.
    pub(crate) fn named(&self) -> Vec<Result<Use, String>> {
        let tokens = self.tokens();
        let parameters = tokens.iter().filter(|token| token.kind == TokenKind::Parameter);
        parameters.map(|token| Use::parse(token.text(&self.cedar))).collect()
    }

    /// The parameters it names.
    #[must_use]
    pub fn parameters(&self) -> BTreeSet<ParameterId> {
        self.named().into_iter().flatten().map(|named| named.parameter).collect()
    }

    /// The actions it names, for instance `approve`; none where it holds for every action.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<String> {
        let tokens = self.tokens();
        let texts: Vec<&str> = tokens.iter().map(|token| token.text(&self.cedar)).collect();
        let action = |window: &[&str]| match window {
            ["Action", ":", ":", name] => lexer::unquote(name),
            _ => None,
        };
        texts.windows(4).filter_map(action).collect()
    }

    /// The instruments whose answers it asks after: the texts in `assessments.contains("…")` and its like.
    #[must_use]
    pub fn instruments(&self) -> BTreeSet<String> {
        let tokens = self.tokens();
        let texts: Vec<&str> = tokens.iter().map(|token| token.text(&self.cedar)).collect();
        let mut found = BTreeSet::new();
        for (at, _) in
            texts.iter().enumerate().filter(|(_, text)| ["assessments", "independentAssessments"].contains(text))
        {
            let [".", asks, "(", inside @ ..] = texts.get(at + 1..).unwrap_or_default() else { continue };
            if asks.starts_with("contains") {
                found.extend(inside.iter().take_while(|text| **text != ")").filter_map(|text| lexer::unquote(text)));
            }
        }
        found
    }

    /// Whether it asks after the evidence that is in force.
    #[must_use]
    pub fn asks_for_evidence(&self) -> bool {
        let evidence = ["evidence", "independentEvidence", "cityEvidence"];
        self.tokens().iter().any(|token| token.kind == TokenKind::Word && evidence.contains(&token.text(&self.cedar)))
    }
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let needs = self.form.needs.map_or_else(String::new, |needs| format!(".{}", needs.code()));
        write!(f, "{} `${{{}{needs}{}}}`", ParameterId::KIND, self.parameter, if self.form.days { ".days" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use model::RequirementId;

    use super::*;

    #[test]
    fn a_norm_names_parameters_actions_and_evidence() {
        let cedar = "forbid (principal, action in [Action::\"approve\", Action :: \"stand\"], resource)\n\
                     unless { resource.evidence.contains(\"x\") && resource.age < ${keep.days} && 1 < ${age.senior.days} };";
        let norm = NormText {
            id: "a".to_owned(),
            requirement: RequirementId("b".to_owned()),
            reason: None,
            cedar: cedar.to_owned(),
            file: "norms/a.cedar".to_owned(),
            line: 1,
        };
        assert_eq!(norm.parameters().iter().map(ParameterId::as_str).collect::<Vec<_>>(), ["age", "keep"]);
        assert_eq!(norm.actions().into_iter().collect::<Vec<_>>(), ["approve", "stand"]);
        assert!(norm.asks_for_evidence());
        let asking = "forbid (principal, action, resource) unless { resource.assessments.contains(\"a\") && \
                      resource.independentAssessments.containsAll([\"b\", \"c\"]) && resource.evidence.contains(\"d\") && \
                      resource.assessments.containsAll(resource.requiredAssessments) };";
        let asking = NormText { cedar: asking.to_owned(), ..norm.clone() };
        assert_eq!(asking.instruments().into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(norm.instruments().is_empty());
        for bad in ["${a.weeks}", "${a.days.days}", "${a.days.senior}", "${.days}", "${a.}", "${A}", "${a.anyone}"] {
            assert!(Use::parse(bad).is_err(), "{bad}");
        }
    }
}
