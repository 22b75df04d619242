//! Signing in by an identity provider that does what it is told, lies included. The real one is asked in `cli`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Span;
use node::accounts::{Accounts, Role};
use node::oidc::Settings;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::{PASSWORD, come, invited};
use crate::browser::Browser;
use crate::city::{Answer, World};

/// What the provider says.
struct Said {
    key: EcdsaKeyPair,
    kid: &'static str,
    metadata: Value,
    /// The body of the next token; what is missing is filled in as it should be.
    claims: Value,
    header: Value,
    nonce: String,
    used: BTreeSet<String>,
    now: i64,
    key_asked: usize,
    /// Whether what is published names its keys.
    names_keys: bool,
}

/// A provider on this machine.
struct Fake {
    issuer: String,
    said: Arc<Mutex<Said>>,
}

fn key() -> EcdsaKeyPair {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

impl Said {
    fn token(&self, issuer: &str) -> String {
        let mut body = json!({ "iss": issuer, "sub": "sub-1", "aud": "city", "exp": self.now + 300, "iat": self.now,
            "nonce": self.nonce, "email": "vera@city.example", "email_verified": true });
        let mut header = json!({ "alg": "ES256", "kid": self.kid });
        for (all, changed) in [(&mut body, &self.claims), (&mut header, &self.header)] {
            for (name, value) in changed.as_object().unwrap() {
                all[name] = value.clone();
            }
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&body));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let signature =
            if header["alg"] == "none" { String::new() } else { URL_SAFE_NO_PAD.encode(signature.as_ref()) };
        format!("{signed}.{signature}")
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let name = if self.names_keys { json!(self.kid) } else { Value::Null };
        json!({ "keys": [{ "kty": "oct", "kid": "odd", "k": 1 }, { "kty": "EC", "crv": "P-256", "kid": name, "use": "sig",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]) }] })
    }

    /// What is answered at a path to a form.
    fn answer(&mut self, issuer: &str, path: &str, form: &str) -> (u16, Value) {
        match path {
            "/.well-known/openid-configuration" => {
                let mut all = json!({ "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
                    "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys") });
                for (name, value) in self.metadata.as_object().unwrap() {
                    all[name] = value.clone();
                }
                (200, all)
            }
            "/keys" => {
                self.key_asked += 1;
                (200, self.keys())
            }
            "/token" => {
                let code = form.split('&').find_map(|pair| pair.strip_prefix("code=")).unwrap().to_owned();
                let complete = form.contains("code_verifier=") && form.contains("grant_type=authorization_code");
                if !complete || !self.used.insert(code) {
                    return (400, json!({ "error": "invalid_grant" }));
                }
                (200, json!({ "id_token": self.token(issuer), "access_token": "x", "token_type": "Bearer" }))
            }
            _ => (404, json!({})),
        }
    }
}

fn serve(mut stream: TcpStream, issuer: &str, said: &Mutex<Said>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, answer) = said.lock().unwrap().answer(issuer, &path, &String::from_utf8_lossy(&form));
    let body = answer.to_string();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Makes a provider the city's.
fn known(world: &mut World, issuer: &str) {
    let settings = Settings {
        issuer: issuer.to_owned(),
        client_id: "city".to_owned(),
        client_secret: Some("s".to_owned()),
        name: "Staff of <Teststadt>".to_owned(),
    };
    settings.keep(world.city.root()).unwrap();
    world.router = node::router(Arc::clone(&world.city), None);
}

impl Fake {
    /// One that is up, and is the city's.
    fn of(world: &mut World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let said = Arc::new(Mutex::new(Said {
            key: key(),
            kid: "one",
            metadata: json!({}),
            claims: json!({}),
            header: json!({}),
            nonce: String::new(),
            used: BTreeSet::new(),
            now: world.now().millis() / 1_000,
            key_asked: 0,
            names_keys: true,
        }));
        let (own, shared) = (issuer.clone(), Arc::clone(&said));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                drop(serve(stream, &own, &shared));
            }
        });
        known(world, &issuer);
        Self { issuer, said }
    }

    fn say(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.said.lock().unwrap());
    }

    /// Somebody begins; gives the state. The provider will answer this question.
    async fn begun(&self, browser: &mut Browser<'_>) -> String {
        let there = browser.get("/sign-in/provider").await;
        assert_eq!(there.status, 303, "{}", there.text());
        let to = there.header("location").to_owned();
        assert!(to.starts_with(&format!("{}/auth?response_type=code&client_id=city&", self.issuer)), "{to}");
        let word = |name: &str| {
            let found = to.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
            found.unwrap_or_else(|| panic!("no {name} in {to}")).to_owned()
        };
        assert_eq!(word("code_challenge_method"), "S256");
        assert_eq!(word("redirect_uri"), "https%3A%2F%2Fsensors.teststadt.example%2Fsign-in%2Fback");
        let nonce = word("nonce");
        self.say(|said| said.nonce = nonce);
        word("state")
    }

    /// Somebody signs in from begin to end.
    async fn signed_in(&self, browser: &mut Browser<'_>, code: &str) -> Answer {
        let state = self.begun(browser).await;
        back(browser, code, &state, "").await
    }
}

/// Comes back with a code and a state.
async fn back(browser: &mut Browser<'_>, code: &str, state: &str, more: &str) -> Answer {
    browser.get(&format!("/sign-in/back/done?code={code}&state={state}{more}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_with_an_invitation_signs_in_by_the_provider_and_nobody_else() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    let mut browser = Browser::new(&world);
    let unknown = fake.signed_in(&mut browser, "c1").await;
    assert!(unknown.status == 403 && unknown.text().contains("not invited here"), "{}", unknown.text());
    let (id, link) = invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    fake.say(|said| said.claims = json!({ "email_verified": false }));
    assert_eq!(fake.signed_in(&mut browser, "c2").await.status, 403, "an address that nobody looked at is nobody's");
    fake.say(|said| said.claims = json!({ "email": "Vera@City.example" }));
    let before = browser.cookie.clone();
    assert_eq!(fake.signed_in(&mut browser, "c3").await.header("location"), "/desk");
    assert_ne!(browser.cookie, before, "under an id that nobody knew");
    assert!(browser.get("/desk").await.text().contains("Mobility department"));
    assert_eq!(browser.get("/office/propose/new").await.status, 403, "the roles are those of the account");
    assert_eq!(Browser::new(&world).get(&link).await.status, 404, "the link is good no more");
    // From then on the person is known by the name there, whatever the address; another with that address is not.
    fake.say(|said| said.claims = json!({ "email": "changed@elsewhere.example" }));
    assert_eq!(fake.signed_in(&mut Browser::new(&world), "c4").await.header("location"), "/desk");
    fake.say(|said| said.claims = json!({ "sub": "sub-2" }));
    assert_eq!(fake.signed_in(&mut Browser::new(&world), "c5").await.status, 403);
    fake.say(|said| said.claims = json!({}));
    let accounts = Accounts::of(world.city.root());
    accounts.set_disabled(id, true, None).unwrap();
    assert_eq!(browser.get("/desk").await.header("location"), "/sign-in");
    assert_eq!(fake.signed_in(&mut Browser::new(&world), "c6").await.status, 403, "a locked account stays locked");
    // Whoever has a password here is not taken over by an address.
    let (_, link) = invited(&world, "mobility", "local@city.example", &[Role::Reader]);
    come(&mut Browser::new(&world), &link).await;
    fake.say(|said| said.claims = json!({ "sub": "sub-3", "email": "local@city.example" }));
    assert_eq!(fake.signed_in(&mut Browser::new(&world), "c7").await.status, 403);
    // What the roles ask for besides is asked for here.
    invited(&world, "mobility", "boss@city.example", &[Role::Approver]);
    fake.say(|said| said.claims = json!({ "sub": "sub-4", "email": "boss@city.example" }));
    let mut boss = Browser::new(&world);
    assert_eq!(fake.signed_in(&mut boss, "c8").await.header("location"), "/account");
    assert_eq!(boss.get("/office").await.header("location"), "/account");
    assert!(!boss.get("/account").await.text().contains(PASSWORD));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_elsewhere_before_or_once_already_opens_nothing() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    let (mut vera, mut thief) = (Browser::new(&world), Browser::new(&world));
    let (own, theirs) = (fake.begun(&mut vera).await, fake.begun(&mut thief).await);
    assert_eq!(back(&mut vera, "c1", &theirs, "").await.status, 403, "somebody else's state");
    let mut nobody = Browser::new(&world);
    assert_eq!(back(&mut nobody, "c1", &own, "").await.status, 403, "no cookie");
    for state in ["", "x", &own[1..]] {
        assert_eq!(back(&mut vera, "c1", state, "").await.status, 403, "{state}");
    }
    // The provider answered the thief last; a token for another question is none for this one.
    assert_eq!(back(&mut vera, "c1", &own, "").await.status, 403, "another nonce");
    assert_eq!(back(&mut vera, "c2", &own, "").await.status, 403, "a state is good once");
    let state = fake.begun(&mut vera).await;
    world.clock.advance(Span::minutes(10));
    assert_eq!(back(&mut vera, "c3", &state, "").await.status, 403, "too long ago");
    fake.say(|said| said.now += 600);
    let state = fake.begun(&mut vera).await;
    assert_eq!(back(&mut vera, "c1", &state, "").await.status, 403, "a code is good once");
    let state = fake.begun(&mut vera).await;
    let other = "&iss=https%3A%2F%2Fevil.example";
    assert_eq!(back(&mut vera, "c4", &state, other).await.status, 403, "another provider answered");
    assert_eq!(vera.get("/sign-in/back/done?error=access_denied&state=x").await.status, 403);
    assert_eq!(vera.get("/desk").await.header("location"), "/sign-in", "nothing of that signed anybody in");
    let state = fake.begun(&mut vera).await;
    let own = format!("&iss={}", fake.issuer.replace(':', "%3A").replace('/', "%2F"));
    assert_eq!(back(&mut vera, "c5", &state, &own).await.header("location"), "/desk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_says_who_it_is_has_to() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    fake.say(|said| said.metadata = json!({ "authorization_response_iss_parameter_supported": true }));
    let mut vera = Browser::new(&world);
    let left_out = fake.signed_in(&mut vera, "c1").await;
    assert!(left_out.status == 403 && left_out.text().contains("another provider answered"), "{}", left_out.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_of_this_provider_for_this_city_and_signed_opens_nothing() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    let mut vera = Browser::new(&world);
    let now = world.now().millis() / 1_000;
    for (at, (header, claims)) in [
        (json!({}), json!({ "iss": "https://evil.example" })),
        (json!({}), json!({ "aud": "another" })),
        (json!({}), json!({ "nonce": "another" })),
        (json!({}), json!({ "exp": now - 61 })),
        (json!({ "alg": "none" }), json!({})),
        (json!({ "alg": "HS256" }), json!({})),
        (json!({ "kid": "unheard-of" }), json!({})),
    ]
    .into_iter()
    .enumerate()
    {
        let said = format!("{header} {claims}");
        fake.say(|own| (own.header, own.claims) = (header, claims));
        assert_eq!(fake.signed_in(&mut vera, &format!("c{at}")).await.status, 403, "{said}");
        assert_eq!(vera.get("/desk").await.header("location"), "/sign-in");
    }
    fake.say(|said| (said.header, said.claims, said.key) = (json!({}), json!({}), key()));
    assert_eq!(fake.signed_in(&mut vera, "c9").await.status, 403, "another key under the same name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_asked_for_and_not_without_end() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    let mut vera = Browser::new(&world);
    fake.begun(&mut vera).await;
    fake.say(|said| (said.key, said.kid) = (key(), "two"));
    assert_eq!(fake.signed_in(&mut vera, "c1").await.status, 403, "the keys were asked for just before");
    world.clock.advance(Span::minutes(1));
    assert_eq!(fake.signed_in(&mut vera, "c2").await.header("location"), "/desk");
    fake.say(|said| said.header = json!({ "kid": "three" }));
    for at in 3..6 {
        assert_eq!(fake.signed_in(&mut Browser::new(&world), &format!("c{at}")).await.status, 403);
    }
    fake.say(|said| assert_eq!(said.key_asked, 2, "whoever invents keys does not make us ask for them each time"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_asked_for_where_tokens_and_keys_have_no_names() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    invited(&world, "mobility", "vera@city.example", &[Role::Reader]);
    fake.say(|said| (said.header, said.names_keys) = (json!({ "kid": null }), false));
    let mut vera = Browser::new(&world);
    assert_eq!(fake.signed_in(&mut vera, "c1").await.header("location"), "/desk");
    world.clock.advance(Span::minutes(1));
    fake.say(|said| said.key = key());
    assert_eq!(fake.signed_in(&mut Browser::new(&world), "c2").await.header("location"), "/desk");
    // A signature that stays wrong does not make us ask each time.
    fake.say(|said| said.key = key());
    for at in 3..6 {
        assert_eq!(fake.signed_in(&mut Browser::new(&world), &format!("c{at}")).await.status, 403);
    }
    fake.say(|said| assert_eq!(said.key_asked, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_keeps_few_waiting_and_is_not_asked_again_at_once() {
    let mut world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    known(&mut world, &format!("http://{}", listener.local_addr().unwrap()));
    let world = Arc::new(world);
    // Each from somewhere else: one address has one place.
    let there = |world: &Arc<World>, from: u8| {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            let mut browser = Browser::new(&world);
            browser.address = Some([192, 0, 2, from].into());
            browser.get("/sign-in/provider").await.status.as_u16()
        })
    };
    let waiting: Vec<_> = (0..4).map(|from| there(&world, from)).collect();
    // Each of them is at the provider, which holds the line and says nothing.
    let held = tokio::task::spawn_blocking(move || {
        let held: Vec<TcpStream> = (0..4).map(|_| listener.accept().unwrap().0).collect();
        (listener, held)
    });
    let (listener, held) = held.await.unwrap();
    let fifth = Browser::new(&world).get("/sign-in/provider").await;
    assert!(fifth.status == 503 && fifth.text().contains("too many sign in at this moment"), "{}", fifth.text());
    assert_eq!(world.browse("/deployments/wifi").await.status, 200, "residents read on");
    // It ends without an answer: those who waited hear it, and whoever comes next does without asking.
    drop(held);
    for one in waiting {
        assert_eq!(one.await.unwrap(), 503);
    }
    listener.set_nonblocking(true).unwrap();
    let none = |listener: &TcpListener| listener.accept().map_err(|error| error.kind()).map(drop);
    assert_eq!(none(&listener), Err(std::io::ErrorKind::WouldBlock), "nobody else asked");
    let next = Browser::new(&world).get("/sign-in/provider").await;
    assert!(next.status == 503 && next.text().contains("does not answer"), "{}", next.text());
    assert_eq!(none(&listener), Err(std::io::ErrorKind::WouldBlock), "it was silent just before");
    world.clock.advance(Span::seconds(10));
    let again = there(&world, 9);
    listener.set_nonblocking(false).unwrap();
    let asked = tokio::task::spawn_blocking(move || listener.accept().map(drop)).await.unwrap();
    assert!(asked.is_ok(), "after ten seconds it is asked again");
    assert_eq!(again.await.unwrap(), 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_names_another_or_leads_elsewhere_is_not_asked() {
    let mut world = World::new();
    let fake = Fake::of(&mut world);
    let mut browser = Browser::new(&world);
    for metadata in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "token_endpoint": "http://127.0.0.1:1/token" }),
        json!({ "jwks_uri": "https://evil.example/keys" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "token_endpoint": 7 }),
    ] {
        fake.say(|said| said.metadata = metadata.clone());
        let refused = browser.get("/sign-in/provider").await;
        assert!(refused.status == 503 && !refused.text().contains("evil"), "{metadata}: {}", refused.text());
    }
    for issuer in ["http://id.example", "https://id.example/?a=b", "file:///etc/passwd", "", "https://a@id.example"] {
        let (issuer, name) = (issuer.to_owned(), "x".to_owned());
        let settings = Settings { issuer, client_id: "city".to_owned(), client_secret: None, name };
        assert!(settings.keep(world.city.root()).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_goes_on_from_here_and_its_page_is_sound() {
    let mut world = World::new();
    let _fake = Fake::of(&mut world);
    let mut browser = Browser::new(&world);
    let page = browser.get("/sign-in").await;
    assert!(page.text().contains("href=\"/sign-in/provider\"") && page.text().contains("Staff of &#60;Teststadt&#62;"));
    let cookie = browser.cookie.clone();
    let back = browser.get("/sign-in/back?code=%22%3E%3Cscript%3E&state=s%26x&iss=i&session_state=unknown").await;
    assert_eq!((back.status.as_u16(), back.header("cache-control")), (200, "no-store"), "{}", back.text());
    assert!(
        back.text().contains("/sign-in/back/done?code=%22%3E%3Cscript%3E&#38;state=s%26x&#38;iss=i"),
        "{}",
        back.text()
    );
    assert_eq!(browser.cookie, cookie);
    assert_eq!(browser.get("/sign-in/back?error=access_denied").await.status, 403);
    let world = World::new();
    let none = Browser::new(&world).get("/sign-in/provider").await;
    assert!(none.status == 404 && none.text().contains("no identity provider"));
}
