//! Environment and profile.

use std::io;
use std::path::{Path, PathBuf};

use crate::client::{Profile, ProfileError};

const FILE: &str = "\
access_key: SCWXXXXXXXXXXXXXXXXX
secret_key: outside
default_region: fr-par
default_project_id: project
active_profile: work
profiles:
  work:
    secret_key: working
    default_region: nl-ams
  lab:
    api_url: http://127.0.0.1:8080
    insecure: true
";

fn find(variables: &[(&str, &str)], file: Option<&str>) -> (Result<Profile, ProfileError>, Vec<PathBuf>) {
    let read = std::cell::RefCell::new(Vec::new());
    let profile = Profile::find(
        |name| {
            let set = variables.iter().find(|(key, _)| *key == name);
            set.map(|(_, value)| (*value).to_owned())
        },
        |path| {
            read.borrow_mut().push(path.clone());
            file.map(str::to_owned).ok_or_else(|| io::ErrorKind::NotFound.into())
        },
    );
    (profile, read.into_inner())
}

fn secret(profile: &Profile) -> Option<&str> {
    profile.secret_key.as_ref().map(crate::Secret::expose)
}

#[test]
fn the_active_profile_goes_before_what_is_outside_of_it() {
    let (profile, read) = find(&[("HOME", "/home/a")], Some(FILE));
    let profile = profile.unwrap();
    assert_eq!(secret(&profile), Some("working"));
    assert_eq!(profile.default_region.as_deref(), Some("nl-ams"));
    assert_eq!(profile.default_project_id.as_deref(), Some("project"));
    assert_eq!(read, [Path::new("/home/a/.config/scw/config.yaml")]);
}

#[test]
fn the_environment_goes_before_the_profile() {
    let (profile, read) = find(
        &[
            ("SCW_CONFIG_PATH", "/etc/scw.yaml"),
            ("SCW_PROFILE", "lab"),
            ("SCW_SECRET_KEY", "mine"),
            ("SCW_DEFAULT_REGION", ""),
            ("SCW_INSECURE", "false"),
        ],
        Some(FILE),
    );
    let profile = profile.unwrap();
    assert_eq!(secret(&profile), Some("mine"));
    assert_eq!(
        profile.default_region.as_deref(),
        Some("fr-par"),
        "an empty variable is none"
    );
    assert_eq!(profile.api_url.as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(profile.insecure, Some(false));
    assert_eq!(read, [Path::new("/etc/scw.yaml")]);
}

#[test]
fn no_file_is_no_mistake_unless_somebody_named_it() {
    let (profile, read) = find(&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")], None);
    assert_eq!(profile.unwrap(), Profile::default());
    assert_eq!(read, [Path::new("/x/scw/config.yaml")]);
    let (profile, _) = find(&[("SCW_CONFIG_PATH", "/etc/scw.yaml")], None);
    assert!(matches!(profile, Err(ProfileError::Unreadable { .. })));
    assert_eq!(find(&[], None).0.unwrap(), Profile::default());
}

#[test]
fn mistakes_are_said_without_the_secret() {
    let said = |variables: &[(&str, &str)], file| find(variables, Some(file)).0.unwrap_err().to_string();
    let home = ("HOME", "/h");
    let text = said(&[home, ("SCW_PROFILE", "other")], FILE);
    assert!(text.contains("has no profile \"other\""), "{text}");
    let text = said(&[home], "secret_key: [hush\n");
    assert!(
        text.starts_with("/h/.config/scw/config.yaml: line ") && !text.contains("hush"),
        "{text}"
    );
    let text = said(&[home], "secret_key:\n  - hush\n");
    assert!(!text.contains("hush"), "{text}");
    assert!(said(&[home, ("SCW_INSECURE", "maybe")], FILE).contains("SCW_INSECURE"));
}

#[test]
fn an_empty_file_is_an_empty_profile() {
    assert_eq!(find(&[("HOME", "/h")], Some("\n")).0.unwrap(), Profile::default());
}
