//! What a person's roles do not open is not shown: links and forms that would lead to a refusal are taken out of the pages for those
//! who are signed in.
//!
//! Asked is the one table of doors, by the gate that every such page goes through, so that no page has to know roles. What is left
//! empty by it goes as well, and so does what is of the class `with-button` without its button: what is filled in for it. Words stay in
//! a heading, and in a link of the class `what`, which names something besides leading there; a form of the class `answers` stays to be
//! read, without what sends it. Nothing is decided here: whoever knows an address asks the
//! gate.

use axum::body::Body;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

use crate::accounts::roles::{Roles, is_closed, needed};
use crate::lang::plain;
use crate::problem::{Kind, Problem};

/// The largest page that is looked through, in bytes; a larger one is shown as it is, which opens nothing: the gate decides.
const PAGE_BYTES_MAX: usize = 4 << 20;
/// The largest that is looked through at once; a larger one is looked through beside the event loop.
const AT_ONCE_BYTES_MAX: usize = 64 << 10;
/// The most elements inside one another.
const DEPTH_MAX: usize = 64;
/// Elements that hold nothing.
const VOID: [&str; 12] = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"];
/// Elements that go when what they led to went and nothing is left in them.
const WRAPS: [&str; 7] = ["li", "p", "ul", "ol", "section", "div", "dd"];
const HEADINGS: [&str; 4] = ["h1", "h2", "h3", "h4"];

/// A page without what roles do not open.
pub(crate) async fn shown(response: Response, roles: &Roles) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().starts_with(b"text/html"));
    if kind != Some(true) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // Pages are drawn whole, so that this takes no more memory than there is already.
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return Problem::new(Kind::Internal).into_response();
    };
    let look = {
        let (bytes, roles) = (bytes.clone(), roles.clone());
        move || std::str::from_utf8(&bytes).ok().and_then(|page| pruned(page, &roles))
    };
    let pruned = if bytes.len() <= AT_ONCE_BYTES_MAX {
        look()
    } else if bytes.len() <= PAGE_BYTES_MAX {
        web::blocking((), look).await.ok().flatten()
    } else {
        None
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, pruned.map_or_else(|| Body::from(bytes), Body::from))
}

/// The page without them; none if it cannot be read as the tree that our pages are.
fn pruned(page: &str, roles: &Roles) -> Option<String> {
    let mut reader = Reader { rest: page };
    let tree = reader.nodes(None, 0)?;
    let mut out = String::with_capacity(page.len());
    keep(tree, roles, false).iter().for_each(|node| node.write(&mut out));
    Some(out)
}

/// A piece of a page.
enum Node<'p> {
    /// Text, and whatever else is no element.
    Text(&'p str),
    Element(Element<'p>),
}

struct Element<'p> {
    name: &'p str,
    /// The tag that opens it, as it stands.
    open: &'p str,
    inner: Vec<Node<'p>>,
    /// Whether it has an end.
    closes: bool,
}

struct Reader<'p> {
    rest: &'p str,
}

impl<'p> Reader<'p> {
    /// What stands up to the end of an element, or of the page.
    fn nodes(&mut self, within: Option<&str>, depth: usize) -> Option<Vec<Node<'p>>> {
        let mut nodes = Vec::new();
        loop {
            let at = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(at);
            if !text.is_empty() {
                nodes.push(Node::Text(text));
            }
            self.rest = rest;
            if rest.is_empty() {
                return within.is_none().then_some(nodes);
            }
            let (tag, after) = rest.split_at(tag_length(rest)?);
            self.rest = after;
            if let Some(name) = tag.strip_prefix("</") {
                return (Some(name.strip_suffix('>')?.trim()) == within).then_some(nodes);
            }
            nodes.push(self.element(tag, depth)?);
        }
    }

    fn element(&mut self, open: &'p str, depth: usize) -> Option<Node<'p>> {
        let inside = open.strip_prefix('<')?;
        if inside.starts_with('!') {
            return Some(Node::Text(open));
        }
        let name = inside.split(|sign: char| sign.is_whitespace() || sign == '>' || sign == '/').next()?;
        if VOID.contains(&name) || open.ends_with("/>") {
            return Some(Node::Element(Element { name, open, inner: Vec::new(), closes: false }));
        }
        let inner = if depth < DEPTH_MAX { self.nodes(Some(name), depth + 1)? } else { return None };
        Some(Node::Element(Element { name, open, inner, closes: true }))
    }
}

/// How long the tag is that a text begins with. Between marks of quotation nothing ends it.
fn tag_length(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, sign)| {
        quoted ^= sign == '"';
        (sign == '>' && !quoted).then_some(at + 1)
    })
}

impl Node<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Element(element) => {
                out.push_str(element.open);
                element.inner.iter().for_each(|node| node.write(out));
                if element.closes {
                    out.push_str("</");
                    out.push_str(element.name);
                    out.push('>');
                }
            }
        }
    }

    /// Whether there is an element of a name in it.
    fn holds(&self, name: &str) -> bool {
        matches!(self, Self::Element(element) if element.name == name || element.inner.iter().any(|node| node.holds(name)))
    }

    /// Whether anything is seen of it that is no heading.
    fn says(&self) -> bool {
        match self {
            Self::Text(text) => text.chars().any(char::is_alphanumeric),
            Self::Element(element) if HEADINGS.contains(&element.name) => false,
            Self::Element(element) => ["input", "img"].contains(&element.name) || element.inner.iter().any(Self::says),
        }
    }
}

impl<'p> Element<'p> {
    fn attribute(&self, name: &str) -> Option<&'p str> {
        let (_, rest) = self.open.split_once(&format!(" {name}=\""))?;
        rest.split('"').next()
    }

    fn is_of_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    }

    /// Whether it leads where the roles do not.
    fn leads_to_a_refusal(&self, roles: &Roles) -> bool {
        let (address, method) = match self.name {
            "a" => (self.attribute("href"), Method::GET),
            "form" if self.attribute("method") == Some("post") => (self.attribute("action"), Method::POST),
            "form" => (self.attribute("action"), Method::GET),
            // What sends a form elsewhere than the others of the same form; all of ours that do are sent.
            "button" | "input" if self.attribute("formaction").is_some() => {
                (self.attribute("formaction"), Method::POST)
            }
            _ => return false,
        };
        let path = address.and_then(|address| address.split(['?', '#']).next()).map(plain).unwrap_or_default();
        is_closed(path) && needed(&method, path).is_some_and(|action| !roles.may(action))
    }
}

/// What is kept of some pieces.
fn keep<'p>(nodes: Vec<Node<'p>>, roles: &Roles, in_heading: bool) -> Vec<Node<'p>> {
    let mut kept = Vec::with_capacity(nodes.len());
    for node in nodes {
        let Node::Element(mut element) = node else {
            kept.push(node);
            continue;
        };
        if element.leads_to_a_refusal(roles) {
            if element.name == "a" && (in_heading || element.is_of_class("what")) {
                kept.extend(element.inner);
            } else if element.is_of_class("answers") {
                kept.push(Node::Element(to_be_read(element)));
            }
            continue;
        }
        let (before, said) = (count(&element.inner), element.inner.iter().any(Node::says));
        element.inner = keep(element.inner, roles, in_heading || HEADINGS.contains(&element.name));
        if element.is_of_class("with-button") && !element.inner.iter().any(|node| node.holds("button")) {
            continue;
        }
        let emptied = WRAPS.contains(&element.name) && said && count(&element.inner) < before;
        if !emptied || element.inner.iter().any(Node::says) {
            kept.push(Node::Element(element));
        }
    }
    kept
}

/// How many elements there are.
fn count(nodes: &[Node<'_>]) -> usize {
    let each = |node: &Node<'_>| if let Node::Element(element) = node { 1 + count(&element.inner) } else { 0 };
    nodes.iter().map(each).sum()
}

/// A form without what sends it: what is filled in can be read and not be changed.
fn to_be_read(form: Element<'_>) -> Element<'_> {
    fn without_buttons(nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
        let stays = |node: &Node<'_>| !matches!(node, Node::Element(element) if element.name == "button");
        let into = |node| match node {
            Node::Element(element) => Node::Element(Element { inner: without_buttons(element.inner), ..element }),
            text @ Node::Text(_) => text,
        };
        nodes.into_iter().filter(stays).map(into).collect()
    }
    Element { name: "fieldset", open: "<fieldset disabled>", inner: without_buttons(form.inner), closes: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::Role;

    fn seen(page: &str, role: Role) -> String {
        pruned(page, &Roles::of([role])).unwrap()
    }

    #[test]
    fn what_a_role_does_not_open_goes_with_what_it_leaves_empty_and_the_rest_stays() {
        let page = "<!doctype html><html><body><nav><a href=\"/office\">Office</a> <a href=\"/sql\">SQL</a></nav>\
            <section><h2>Do</h2><ul><li><a href=\"/office/views/new?x=1\">View</a></li></ul></section>\
            <ul><li><a href=\"/office/grants/new\">Agree</a></li><li>One <a href=\"/places\">place</a></li></ul>\
            <h3><a href=\"/office/deployments/wifi/approve\">Approve</a></h3><br>\
            <p><a class=\"what\" href=\"/office/propose/1\">A draft</a> of today</p>\
            <form method=\"post\" action=\"/office/sheets/import\"><input name=\"x\"><p>File</p></form></body></html>";
        assert_eq!(
            seen(page, Role::Inbox),
            "<!doctype html><html><body><nav><a href=\"/office\">Office</a> </nav>\
             <ul><li>One <a href=\"/places\">place</a></li></ul><h3>Approve</h3><br><p>A draft of today</p></body></html>"
        );
        assert!(
            seen(page, Role::Drafter).contains("/office/sheets/import") && !seen(page, Role::Drafter).contains("Agree")
        );
        assert_eq!(pruned(page, &Roles::of(Role::ALL)).as_deref(), Some(page), "who may do all sees the page as it is");
    }

    #[test]
    fn a_button_that_sends_a_form_elsewhere_is_a_door_too() {
        let page = "<form method=\"post\" action=\"/sql\"><p><button>Ask</button></p>\
            <div class=\"with-button\"><p><label for=\"name\">Name</label><input id=\"name\"></p>\
            <p><button type=\"submit\" formaction=\"/sql/save\">Save</button></p></div></form>";
        for reads in [Role::Approver, Role::Reader] {
            assert_eq!(seen(page, reads), "<form method=\"post\" action=\"/sql\"><p><button>Ask</button></p></form>");
        }
        assert_eq!(seen(page, Role::Drafter), page);
    }

    #[tokio::test]
    async fn a_page_of_any_size_is_shown_and_a_very_large_one_as_it_is() {
        let door = "<p><a href=\"/office/grants/new\">Agree</a></p>";
        for (size, pruned) in [(1 << 10, true), (1 << 20, true), (8 << 20, false)] {
            let page = format!("<html><p>{}</p>{door}</html>", "x".repeat(size));
            let response = axum::response::Html(page.clone()).into_response();
            let response = shown(response, &Roles::of([Role::Reader])).await;
            assert_eq!(response.status(), 200);
            let seen = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert_eq!(seen.len(), page.len() - if pruned { door.len() } else { 0 });
        }
    }

    #[test]
    fn answers_are_read_by_whoever_does_not_give_them() {
        let page = "<form method=\"post\" class=\"office-form answers\" action=\"/office/deployments/wifi/assessments/a/b\">\
            <p><input name=\"q\" value=\"a > b\"> <button>Keep</button></p></form>";
        assert_eq!(
            seen(page, Role::Reader),
            "<fieldset disabled><p><input name=\"q\" value=\"a > b\"> </p></fieldset>"
        );
        assert_eq!(seen(page, Role::Drafter), page);
    }

    #[test]
    fn a_page_that_is_no_tree_is_not_touched() {
        let roles = Roles::of([Role::Reader]);
        for odd in ["<p>", "</p>", "<p></div></p>", "<p", &"<p>".repeat(200)] {
            assert!(pruned(odd, &roles).is_none(), "{odd}");
        }
    }
}
