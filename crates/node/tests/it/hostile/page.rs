//! Pages as a browser reads them, by a tokenizer that follows the HTML standard and is none of ours; and the forms in them.

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// What a page is made of, in order.
#[derive(Debug)]
pub(super) enum Piece {
    /// A tag that opens an element, with its attributes as they were meant: references are resolved.
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
    /// A comment, or what the standard calls a mistake.
    Odd(String),
}

/// A form of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Where it was found; empty if the page answered to something sent.
    pub(super) page: String,
    pub(super) get: bool,
    pub(super) action: String,
    pub(super) class: String,
    pub(super) multipart: bool,
    pub(super) fields: Vec<Field>,
    pub(super) buttons: Vec<Button>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Hidden,
    /// Something that is typed.
    Typed,
    /// Something that is typed and never shown again.
    Secret,
    /// One of some options.
    Choice,
    /// A box to tick, or one of several to press.
    Tick,
    File,
    /// What nobody sees, to catch machines that fill in everything.
    Trap,
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) value: String,
    pub(super) options: Vec<String>,
    /// Whether the page says that it does not fit.
    pub(super) wrong: bool,
    /// The most characters that its page lets somebody type.
    pub(super) most: usize,
    id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) value: String,
    /// Where it sends the form, if elsewhere.
    pub(super) action: Option<String>,
    pub(super) words: String,
}

/// A page in pieces.
pub(super) fn read(html: &str) -> Vec<Piece> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut pieces = Vec::new();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        pieces.push(match token {
            Token::StartTag(tag) => {
                let attributes = tag.attributes.iter().map(|(name, value)| (text(name), text(value)));
                Piece::Open(text(&tag.name), attributes.collect())
            }
            Token::EndTag(tag) => Piece::Close(text(&tag.name)),
            Token::String(words) => Piece::Text(text(&words)),
            Token::Comment(words) => Piece::Odd(format!("the comment {}", text(&words))),
            Token::Error(error) => Piece::Odd(error.value.to_string()),
            Token::Doctype(_) => continue,
        });
    }
    pieces
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What is read, and shown in fields, of a page: its texts and the values of its attributes.
pub(super) fn shown(pieces: &[Piece]) -> String {
    let mut all = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => all.push_str(text),
            Piece::Open(_, attributes) => attributes.iter().for_each(|(_, value)| {
                all.push(' ');
                all.push_str(value);
            }),
            Piece::Close(_) | Piece::Odd(_) => all.push(' '),
        }
    }
    all
}

/// Where a page leads.
pub(super) fn links(pieces: &[Piece]) -> Vec<String> {
    let href = |piece: &Piece| match piece {
        Piece::Open(name, attributes) if name == "a" || name == "link" => {
            attribute(attributes, "href").map(str::to_owned)
        }
        _ => None,
    };
    pieces.iter().filter_map(href).collect()
}

/// The forms of a page.
pub(super) fn forms(page: &str, pieces: &[Piece]) -> Vec<Form> {
    let (mut done, mut reader) = (Vec::new(), Reader::default());
    for piece in pieces {
        match piece {
            Piece::Open(name, attributes) => reader.open(page, name, attributes),
            Piece::Text(text) => reader.text(text),
            Piece::Close(name) if name == "form" => done.extend(reader.form.take()),
            Piece::Close(name) => reader.close(name),
            Piece::Odd(_) => {}
        }
    }
    // What is wrong may be told above the form, with a link to the field.
    for field in done.iter_mut().flat_map(|form: &mut Form| &mut form.fields) {
        field.wrong |= reader.told.contains(&field.id);
    }
    done
}

#[derive(Default)]
struct Reader {
    form: Option<Form>,
    within: Option<&'static str>,
    /// Links within a page: in it they lead to fields that are wrong.
    told: Vec<String>,
}

impl Reader {
    fn open(&mut self, page: &str, name: &str, attributes: &[(String, String)]) {
        let value = |name: &str| attribute(attributes, name).unwrap_or_default().to_owned();
        if name == "form" {
            self.form = Some(Form {
                page: page.to_owned(),
                get: value("method") == "get",
                action: value("action"),
                class: value("class"),
                multipart: value("enctype").starts_with("multipart/"),
                ..Form::default()
            });
        }
        self.told.extend(value("href").strip_prefix('#').map(str::to_owned));
        let Some(form) = &mut self.form else { return };
        let kind = match (name, value("type").as_str()) {
            ("button", _) => {
                let action = attribute(attributes, "formaction").map(str::to_owned);
                form.buttons.push(Button { name: value("name"), value: value("value"), action, ..Button::default() });
                self.within = Some("button");
                return;
            }
            ("option", _) => {
                if let Some(field) = form.fields.last_mut() {
                    field.options.push(value("value"));
                    if attribute(attributes, "selected").is_some() {
                        field.value = value("value");
                    }
                }
                return;
            }
            ("input", "hidden") => Kind::Hidden,
            ("input", "password") => Kind::Secret,
            ("input", "checkbox" | "radio") => Kind::Tick,
            ("input", "file") => Kind::File,
            ("input", _) if value("tabindex") == "-1" => Kind::Trap,
            ("input" | "textarea", _) if value("autocomplete") == "one-time-code" => Kind::Secret,
            ("input", _) => Kind::Typed,
            ("textarea", _) => {
                self.within = Some("textarea");
                Kind::Typed
            }
            ("select", _) => Kind::Choice,
            _ => return,
        };
        let described = value("aria-describedby");
        let wrong = described.split(' ').any(|id| id.starts_with("wrong") || id.ends_with("-wrong"));
        form.fields.push(Field {
            name: value("name"),
            kind,
            value: value("value"),
            options: Vec::new(),
            wrong,
            most: value("maxlength").parse().unwrap_or(400),
            id: value("id"),
        });
    }

    fn text(&mut self, text: &str) {
        let Some(form) = &mut self.form else { return };
        match self.within {
            Some("button") => form.buttons.last_mut().unwrap().words.push_str(text),
            // The first line break of such a field is none of its text.
            Some("textarea") => {
                form.fields.last_mut().unwrap().value.push_str(text.strip_prefix('\n').unwrap_or(text));
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if self.within == Some(name) {
            self.within = None;
        }
    }
}

impl Form {
    /// What tells it from other forms: a thing of the same kind has the same.
    pub(super) fn key(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        let buttons: Vec<&str> = self.buttons.iter().map(|button| button.words.trim()).collect();
        let plain = |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) { "#" } else { part }.to_owned();
        let parts: Vec<String> = self.action.split('/').map(plain).collect();
        let (begin, end) = (&parts[..parts.len().min(3)], parts.last());
        let language = if self.action.starts_with("/de/") { "de" } else { "en" };
        format!("{language} {begin:?} {} {end:?} {names:?} {buttons:?} {}", parts.len(), self.multipart)
    }

    /// The fields that somebody types into.
    pub(super) fn typed(&self) -> impl Iterator<Item = (usize, &Field)> {
        self.fields.iter().enumerate().filter(|(_, field)| field.kind == Kind::Typed)
    }

    /// Whether there is nothing to fill in.
    pub(super) fn is_bare(&self) -> bool {
        self.fields.iter().all(|field| matches!(field.kind, Kind::Hidden | Kind::Tick | Kind::Choice))
    }
}
