//! Packs written by tests, small and good unless a test makes them bad.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::pack::{Files, Pack};

/// The files of a pack before they are read.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) files: BTreeMap<String, String>,
}

impl Source {
    /// A standard with one requirement `<id>-01`, its parameter `minimum-count` of 10 and one norm `minimum-count`.
    pub(crate) fn standard(id: &str) -> Self {
        let requirement =
            Self::requirement(&format!("{id}-01"), "A number stands for at least { $minimum-count } people.")
                .replace("kind = \"release\"", "kind = \"release\"\nprinciple = \"privacy\"")
                + "";
        let parameter = "[parameters.minimum-count]\nvalue = 10\nkind = \"count\"\nstricter = \"higher\"\n";
        Self { files: BTreeMap::new() }
            .with("pack.toml", &Self::manifest(id, "standard", "global", &[]))
            .with(
                &format!("requirements/{id}-01.md"),
                &requirement.replace("+++\n\nWhy", &format!("{parameter}+++\n\nWhy")),
            )
            .with(
                "norms/all.cedar",
                &Self::norm("minimum-count", &format!("{id}-01"), "resource.minimum >= ${minimum-count}"),
            )
    }

    /// A profile on others, with nothing in it.
    pub(crate) fn profile(id: &str, layer: &str, bases: &[&str]) -> Self {
        Self { files: BTreeMap::new() }.with("pack.toml", &Self::manifest(id, "profile", layer, bases))
    }

    pub(crate) fn manifest(id: &str, kind: &str, layer: &str, bases: &[&str]) -> String {
        let bases: Vec<_> = bases.iter().map(|base| format!("\"urn:test:{base}@0.1.0\"")).collect();
        let principle = if kind == "standard" { "[[principle]]\nid = \"privacy\"\ntitle = \"Privacy\"\n" } else { "" };
        format!(
            "id = \"{id}\"\nurn = \"urn:test:{id}\"\nversion = \"0.1.0\"\ntitle = \"Test\"\nowner = \"Tests\"\n\
             kind = \"{kind}\"\nlayer = \"{layer}\"\njurisdiction = \"nowhere\"\nlocale = \"en\"\nlocales = [\"en\"]\n\
             notice = \"Illustrative, not legal advice.\"\nbased_on = [{}]\n{principle}",
            bases.join(", ")
        )
    }

    /// A requirement in force that something has to execute.
    pub(crate) fn requirement(id: &str, text: &str) -> String {
        format!(
            "+++\nid = \"{id}\"\ntitle = \"Title of {id}\"\ntext = '''\n{text}'''\nkind = \"release\"\nstatus = \"in-force\"\n\
             jurisdiction = \"nowhere\"\non_failure = \"deny\"\n[[source]]\ntext = \"A law\"\nsure = \"read\"\n+++\n\nWhy: so.\n"
        )
    }

    /// A requirement that nothing executes.
    pub(crate) fn text_only(id: &str) -> String {
        Self::requirement(id, "People are told.")
            .replace("[[source]]", "text_only = \"nobody can measure it\"\n[[source]]")
    }

    pub(crate) fn norm(id: &str, requirement: &str, unless: &str) -> String {
        format!(
            "@id(\"{id}\")\n@requirement(\"{requirement}\")\nforbid (principal, action, resource)\nunless {{ {unless} }};\n"
        )
    }

    /// A duty: a yearly report of the city, to a requirement.
    pub(crate) fn duty(id: &str, requirement: &str) -> String {
        format!(
            "[[duty]]\nid = \"{id}\"\nrequirement = \"{requirement}\"\nabout = \"city\"\nfrom = \"founded\"\n\
             within = \"12mo\"\ndone_by = \"evidence/{id}\"\nsilence = \"escalate\"\n"
        )
    }

    /// An instrument of one question.
    pub(crate) fn instrument(id: &str) -> String {
        format!(
            "id = \"{id}\"\nurn = \"urn:test:{id}\"\nversion = \"0.1.0\"\ntitle = \"Test\"\nintro = \"For tests.\"\n\
             locale = \"en\"\nroles = [\"author\"]\n[[section]]\nid = \"one\"\ntitle = \"One\"\n[[section.question]]\n\
             id = \"people\"\ntype = \"yes-no-unknown\"\nask = \"People?\"\n"
        )
    }

    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.to_owned());
        self
    }

    /// The same with something added to a file.
    pub(crate) fn and(mut self, path: &str, text: &str) -> Self {
        self.files.entry(path.to_owned()).or_default().push_str(text);
        self
    }

    /// The same with something else in a file.
    pub(crate) fn but(mut self, path: &str, from: &str, to: &str) -> Self {
        let text = self.files.get_mut(path).unwrap();
        assert!(text.contains(from), "{path} does not hold {from}: {text}");
        *text = text.replace(from, to);
        self
    }

    pub(crate) fn parse(self) -> Result<Pack, Vec<Diagnostic>> {
        Pack::parse(Files::new(self.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())?)
    }

    /// The pack, which has to be good.
    pub(crate) fn pack(&self) -> Pack {
        self.clone().parse().unwrap_or_else(|problems| panic!("{}", shown(&problems)))
    }
}

/// Problems one below the other.
pub(crate) fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
