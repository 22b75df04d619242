//! A browser on this machine in which a party is signed in with its token: pages and forms, no more.

use crate::tool::Node;

/// A browser on this machine.
pub(crate) struct Browser<'n> {
    node: &'n Node,
    agent: ureq::Agent,
    cookie: String,
    form: String,
}

impl<'n> Browser<'n> {
    pub(crate) fn signed_in(node: &'n Node, token: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.build().into();
        let mut browser = Self { node, agent, cookie: String::new(), form: String::new() };
        browser.get("/sign-in");
        let (status, _) = browser.post("/sign-in", &[("token", token)]);
        assert_eq!(status, 303);
        assert_eq!(browser.get("/desk").0, 200);
        browser
    }

    fn keep(&mut self, response: &mut ureq::http::Response<ureq::Body>) -> (u16, String) {
        if let Some(set) = response.headers().get("set-cookie") {
            // On plain loopback it is not `Secure`, so that every browser keeps it.
            let set = set.to_str().unwrap();
            assert!(set.starts_with("ordinance=") && set.contains("HttpOnly; SameSite=Strict"), "{set}");
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        let text = response.body_mut().read_to_string().unwrap();
        if let Some((_, rest)) = text.split_once("name=\"form\" value=\"") {
            rest.split('"').next().unwrap().clone_into(&mut self.form);
        }
        (response.status().as_u16(), text)
    }

    pub(crate) fn get(&mut self, path: &str) -> (u16, String) {
        let request = self.agent.get(format!("{}{path}", self.node.address)).header("cookie", &self.cookie);
        let mut response = request.header("accept", "text/html").call().unwrap();
        self.keep(&mut response)
    }

    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let form = self.form.clone();
        let all = [("form", form.as_str())].into_iter().chain(fields.iter().copied());
        let request = self.agent.post(format!("{}{path}", self.node.address)).header("cookie", &self.cookie);
        let mut response = request.header("accept", "text/html").send_form(all).unwrap();
        self.keep(&mut response)
    }
}
