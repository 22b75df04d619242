//! Links, passwords and codes without a page: what each is good for, how often, and what ends it.

use tempfile::TempDir;
use testkit::SeededBytes;

use super::*;

const PASSWORD: &str = "four words in a row";

fn accounts() -> (TempDir, Accounts, SeededBytes, Timestamp) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("keys")).unwrap();
    let accounts = Accounts::of(folder.path());
    (folder, accounts, SeededBytes::new(1), "2026-11-24T08:00:00Z".parse().unwrap())
}

fn token(link: &Link) -> String {
    link.path().rsplit('/').next().unwrap().to_owned()
}

fn party() -> PartyId {
    "mobility".parse().unwrap()
}

/// Invites somebody, as whoever has the city's folder.
fn invite(
    accounts: &Accounts,
    login: &str,
    name: &str,
    roles: &Roles,
    entropy: &SeededBytes,
    now: Timestamp,
) -> Result<(u64, Link), AccountError> {
    accounts.invite(Newcomer { party: &party(), login, name, roles }, None, entropy, now)
}

#[test]
fn a_link_is_good_once_for_its_time_and_for_an_account_that_waits() {
    let (_folder, accounts, entropy, now) = accounts();
    let roles = Roles::of([Role::Reader]);
    let (id, link) = invite(&accounts, " Vera@City.example ", "Vera", &roles, &entropy, now).unwrap();
    let token = token(&link);
    assert_eq!(format!("{link:?}"), "Link(…)");
    assert!(accounts.invited(&token, now + INVITE_MAX).unwrap().is_none(), "its time is over");
    assert!(accounts.invited("", now).unwrap().is_none() && accounts.invited(&token[1..], now).unwrap().is_none());
    assert!(matches!(accounts.come_in(&token, "short", &entropy, now), Err(AccountError::Password(_))));
    let account = accounts.come_in(&token, PASSWORD, &entropy, now).unwrap().unwrap();
    assert_eq!((account.id, account.login.as_str()), (id, "vera@city.example"));
    assert!(accounts.come_in(&token, "another four words", &entropy, now).unwrap().is_none(), "good once");
    assert_eq!(accounts.with_password("VERA@city.example", PASSWORD).unwrap().unwrap().id, id);
    let second = accounts.reset(id, None, &entropy, now).unwrap();
    assert!(
        accounts.with_password("vera@city.example", PASSWORD).unwrap().is_none(),
        "whoever begins anew has no password"
    );
    accounts.set_disabled(id, true, None).unwrap();
    assert!(
        accounts.come_in(&self::token(&second), PASSWORD, &entropy, now).unwrap().is_none(),
        "nor has a locked one a link"
    );
    accounts.set_disabled(id, false, None).unwrap();
    assert!(accounts.come_in(&self::token(&second), PASSWORD, &entropy, now).unwrap().is_none());
}

#[test]
fn whoever_is_locked_or_erased_is_nobody_and_each_change_ends_sessions() {
    let (_folder, accounts, entropy, now) = accounts();
    let (id, link) = invite(&accounts, "vera", "Vera", &Roles::of([Role::Reader]), &entropy, now).unwrap();
    let mut epoch = accounts.come_in(&token(&link), PASSWORD, &entropy, now).unwrap().unwrap().epoch;
    let mut ends = |account: Account| {
        assert!(account.epoch > epoch);
        epoch = account.epoch;
    };
    ends(accounts.set_disabled(id, true, None).unwrap());
    assert!(accounts.with_password("vera", PASSWORD).unwrap().is_none());
    ends(accounts.set_disabled(id, false, None).unwrap());
    assert!(accounts.with_password("vera", PASSWORD).unwrap().is_some());
    ends(accounts.set_roles(id, &Roles::of([Role::Approver]), None).unwrap());
    ends(accounts.set_password(id, "another four words", &entropy).unwrap());
    ends(accounts.end_sessions(id).unwrap());
    assert!(accounts.with_password("vera", PASSWORD).unwrap().is_none());
    assert_eq!(accounts.one(id).unwrap().unwrap().wrong, 1, "wrong tries are counted");
    accounts.erase(id, None).unwrap();
    assert!(accounts.with_password("vera", "another four words").unwrap().is_none());
    assert!(accounts.all(None).unwrap().is_empty());
    assert!(matches!(accounts.set_disabled(id, false, None), Err(AccountError::Standing)));
    assert!(matches!(accounts.reset(id, None, &entropy, now), Err(AccountError::Standing)));
}

#[test]
fn a_wrong_try_writes_as_much_whether_or_not_the_login_is_somebodys() {
    let (folder, accounts, entropy, now) = accounts();
    let (_, link) = invite(&accounts, "vera", "Vera", &Roles::of([Role::Reader]), &entropy, now).unwrap();
    accounts.come_in(&token(&link), PASSWORD, &entropy, now).unwrap().unwrap();
    let written = || std::fs::metadata(folder.path().join("accounts.db-wal")).unwrap().len();
    let writes = |login: &str, password: &str| {
        let before = written();
        let found = accounts.with_password(login, password).unwrap();
        (found.is_some(), written() - before)
    };
    let (known, unknown, right) = (writes("vera", "wrong"), writes("nobody", "wrong"), writes("vera", PASSWORD));
    assert!(known.1 > 0, "{known:?}");
    assert_eq!((known.0, unknown), (false, known));
    assert_eq!(right, (true, known.1));
}

#[test]
fn a_code_counts_once_and_too_many_wrong_ones_lock() {
    let (_folder, accounts, entropy, now) = accounts();
    let (id, _) = invite(&accounts, "vera", "Vera", &Roles::of([Role::Approver]), &entropy, now).unwrap();
    let salt = [7; 32];
    let at = |secret: &Secret, now: Timestamp| secret.code(u64::try_from(now.millis() / 30_000).unwrap()).unwrap();
    let secret = accounts.secret(id, &salt, &entropy).unwrap();
    assert!(accounts.confirm(id, &salt, "000000x", &entropy, now).unwrap().is_none());
    let code = at(&secret, now);
    let (_, papers) = accounts.confirm(id, &salt, &code, &entropy, now).unwrap().unwrap();
    let take = |code: &str, now| accounts.take_code(id, code, &entropy, now).unwrap();
    assert_eq!(take(&code, now), Code::Wrong, "the one that confirmed is used");
    let later = now + Span::minutes(5);
    let next = at(&secret, later);
    assert_eq!((take(&next, later), take(&next, later)), (Code::Right, Code::Wrong));
    assert_eq!((take(&papers[3], later), take(&papers[3], later)), (Code::Right, Code::Wrong));
    assert_eq!(accounts.one(id).unwrap().unwrap().recovery.len(), 9);
    let fresh = accounts.fresh_codes(id, &entropy).unwrap();
    assert_eq!((take(&papers[4], later), take(&fresh[0], later)), (Code::Wrong, Code::Right));
    for _ in 0..WRONG_CODES_MAX {
        assert_eq!(take("000000x", later), Code::Wrong);
    }
    assert_eq!(take(&fresh[1], later), Code::Locked, "also a right one");
    accounts.reset(id, None, &entropy, now).unwrap();
    assert_eq!(take(&fresh[1], later), Code::Wrong);
}

#[test]
fn without_its_key_no_code_is_looked_at_and_no_other_key_is_made() {
    let (folder, accounts, entropy, now) = accounts();
    let (id, _) = invite(&accounts, "vera", "Vera", &Roles::of([Role::Approver]), &entropy, now).unwrap();
    let secret = accounts.secret(id, &[7; 32], &entropy).unwrap();
    let code = secret.code(u64::try_from(now.millis() / 30_000).unwrap()).unwrap();
    let confirmed = accounts.confirm(id, &[7; 32], &code, &entropy, now).unwrap();
    assert!(confirmed.is_some());
    let key = folder.path().join(KEY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let bytes = std::fs::read(folder.path().join(FILE)).unwrap();
    assert!(!bytes.windows(32).any(|part| part == secret.text().as_bytes()), "the secret is kept nowhere");
    std::fs::rename(&key, folder.path().join("elsewhere")).unwrap();
    assert!(matches!(accounts.take_code(id, "123456", &entropy, now), Err(AccountError::NoKey)));
    assert!(!key.exists());
    std::fs::write(&key, b"short").unwrap();
    assert!(matches!(accounts.take_code(id, "123456", &entropy, now), Err(AccountError::Key(_))));
}

#[test]
fn logins_names_and_roles_that_are_none_are_refused() {
    let (_folder, accounts, entropy, now) = accounts();
    let invite = |login: &str, name: &str, roles: &[Role]| {
        invite(&accounts, login, name, &Roles::of(roles.iter().copied()), &entropy, now)
    };
    for login in ["", "ab", "a b c", "a\u{0}bc", &"x".repeat(121)] {
        assert!(matches!(invite(login, "Vera", &[Role::Reader]), Err(AccountError::Login)), "{login}");
    }
    for name in ["", " ", "a\nb", &"x".repeat(121)] {
        assert!(matches!(invite("vera", name, &[Role::Reader]), Err(AccountError::Name)), "{name}");
    }
    assert!(matches!(invite("vera", "Vera", &[]), Err(AccountError::NoRole)));
    invite("vera", "Vera", &[Role::Reader]).unwrap();
    let taken = invite("VERA", "Another", &[Role::Reader]);
    assert!(matches!(taken, Err(AccountError::Store(AccountsError::Taken))));
}
