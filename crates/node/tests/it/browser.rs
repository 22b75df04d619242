//! A browser with one cookie jar: what it is given it sends back, and forms are sent as pages have them.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::{Method, Request, header};
use web::Peer;

use crate::city::{Answer, World};
use crate::html::check_in;

pub(crate) const HOST: &str = "sensors.teststadt.example";
const NAME: &str = "__Host-ordinance";

/// A browser.
pub(crate) struct Browser<'w> {
    world: &'w World,
    pub(crate) cookie: Option<String>,
    /// Where it is, if it is somewhere else than the others.
    pub(crate) address: Option<IpAddr>,
}

impl<'w> Browser<'w> {
    pub(crate) const fn new(world: &'w World) -> Self {
        Self { world, cookie: None, address: None }
    }

    /// One that is signed in.
    pub(crate) async fn signed_in(world: &'w World, token: &str) -> Self {
        let mut browser = Self::new(world);
        let signed = browser.sign_in(token).await;
        assert_eq!((signed.status.as_u16(), signed.header("location")), (303, "/desk"), "{}", signed.text());
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Some("same-origin")).await
    }

    /// A form sent as it is, from where it is said to come.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
        site: Option<&str>,
    ) -> Answer {
        let body = form.map(|form| ("application/x-www-form-urlencoded", Body::from(encoded(form))));
        self.send_body(method, path, body, site).await
    }

    /// A file sent in a form, beside what every form carries.
    pub(crate) async fn upload(&mut self, page: &str, to: &str, name: &str, file: &[u8]) -> Answer {
        let form = self.form(page).await;
        self.upload_with(&form, to, name, file, "same-origin").await
    }

    /// The same with any word, from where it is said to come.
    pub(crate) async fn upload_with(&mut self, form: &str, to: &str, name: &str, file: &[u8], site: &str) -> Answer {
        let disposition = "Content-Disposition: form-data; name=";
        let head = format!(
            "--b0undary\r\n{disposition}\"form\"\r\n\r\n{form}\r\n--b0undary\r\n{disposition}\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), file, b"\r\n--b0undary--\r\n"].concat();
        let body = Some(("multipart/form-data; boundary=b0undary", Body::from(body)));
        self.send_body(Method::POST, to, body, Some(site)).await
    }

    async fn send_body(
        &mut self,
        method: Method,
        path: &str,
        body: Option<(&str, Body)>,
        site: Option<&str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, HOST).header(header::ACCEPT, "text/html");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(address) = self.address {
            request = request.extension(Peer(address));
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("{NAME}={cookie}"));
        }
        let body = match body {
            Some((kind, body)) => {
                request = request.header(header::CONTENT_TYPE, kind);
                body
            }
            None => Body::empty(),
        };
        let answer = self.world.ask(request.body(body).unwrap()).await;
        if let Some(set) = answer.headers.get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            for part in ["; Path=/; ", "HttpOnly", "SameSite=Strict", "; Secure"] {
                assert!(set.contains(part), "{set}");
            }
            let value = set.strip_prefix(NAME).unwrap().strip_prefix('=').unwrap();
            let value = value.split(';').next().unwrap();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        if answer.header("content-type").starts_with("text/html") {
            check_in(if path.starts_with("/de/") { "de" } else { "en" }, answer.text());
        }
        answer
    }

    /// What the forms of a page carry.
    pub(crate) async fn form(&mut self, path: &str) -> String {
        let page = self.get(path).await;
        let (_, rest) = page.text().split_once("name=\"form\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }

    /// Loads a page and sends its form.
    pub(crate) async fn post(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.form(page).await;
        let all = [&[("form", form.as_str())], fields].concat();
        self.send(Method::POST, to, Some(&all), Some("same-origin")).await
    }

    pub(crate) async fn sign_in(&mut self, token: &str) -> Answer {
        self.post("/sign-in", "/sign-in", &[("token", token)]).await
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    let one = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    form.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}
