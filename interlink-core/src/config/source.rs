//! `[source]` with what it needs of the other sections, to model and back.

use std::collections::BTreeSet;
use std::fmt;

use interlink_api::{LinkId, VpcId};
use toml::de::DeValue;

use super::check::{LinkPlaces, Places};
use super::model::{FollowedLink, Select, SourceSection, default};
use super::parse::{boolean, found, integer, interface, named, text};
use super::print::quoted;
use super::reader::{Problems, Table};
use super::session;

/// What a followed link's section can't say, because the API does.
const CARRIED: [&str; 8] = [
    "vlan",
    "status",
    "vpc",
    "routing_policy_v4",
    "routing_policy_v6",
    "enable_route_propagation",
    "scw_bgp_config",
    "peer_bgp_config",
];

/// What `[source]` itself says. Nothing where there is none, or where it says that the file is the source.
pub(super) fn read(root: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> Option<SourceSection> {
    let mut table = root.table(problems, "source")?;
    let kind = table.required(problems, "kind", kind);
    if kind.is_none_or(|kind| kind.value == Kind::File) {
        if table.has("kind") {
            table.finish(problems);
        }
        return None;
    }
    let section = SourceSection {
        api_url: table
            .optional(problems, "api_url", api_url)
            .map_or_else(|| default::API_URL.to_owned(), |at| at.value),
        region: table
            .required(problems, "region", region)
            .map_or_else(String::new, |at| at.value),
        token_file: table.optional(problems, "token_file", file).map(|at| at.value),
        ca_file: table.optional(problems, "ca_file", file).map(|at| at.value),
        state_file: table
            .optional(problems, "state_file", file)
            .map_or_else(|| default::STATE_FILE.to_owned(), |at| at.value),
        poll_interval: table
            .optional(problems, "poll_interval", seconds)
            .map_or(default::POLL_INTERVAL, |at| at.value),
        configuring_poll_interval: table
            .optional(problems, "configuring_poll_interval", seconds)
            .map_or(default::CONFIGURING_POLL_INTERVAL, |at| at.value),
        vpcs: Vec::new(),
        links: Vec::new(),
    };
    table.finish(problems);
    Some(section)
}

/// A `[[link]]` whose rest the API says.
pub(super) fn link(mut table: Table<'_, '_>, problems: &mut Problems<'_>) -> (LinkPlaces, Option<FollowedLink>) {
    let name = named(&mut table, problems, "link");
    let at = table.required(problems, "interface", interface);
    let id = table.optional(problems, "id", id);
    let tags: BTreeSet<_> = table.list(problems, "tags", tag).into_iter().collect();
    let keys = table.spans();
    let select = match (id, tags.is_empty()) {
        (Some(id), true) => Some(Select::Id(LinkId::from(id.value))),
        (None, false) => Some(Select::Tags(tags)),
        (Some(_), false) => {
            let span = keys.get("tags").unwrap_or(table.span());
            problems.add(
                span,
                &table.path_of("tags"),
                "a link is followed by its `id` or by `tags`, not by both",
            );
            None
        }
        (None, true) => {
            if !table.has("id") && !table.has("tags") {
                let message = "`id` or `tags` is missing: which link of the API is meant?";
                problems.add(table.span(), table.path(), message);
            } else if table.has("tags") {
                let span = keys.get("tags").unwrap_or(table.span());
                problems.add(span, &table.path_of("tags"), "an empty list would mean every link");
            }
            None
        }
    };
    for key in CARRIED {
        if table.refuse(key) {
            let span = keys.get(key).unwrap_or(table.span());
            let message = format!("`{key}` comes from the API, because of `[source]`: take it out");
            problems.add(span, &table.path_of(key), message);
        }
    }
    let manage_interface = table.optional(problems, "manage_interface", boolean);
    let session = session::read(&mut table, problems);
    let places = LinkPlaces {
        path: table.path().to_owned(),
        span: table.span().clone(),
        keys,
        section: None,
        name: name.clone(),
        interface: at.clone(),
        vpc: None,
        policy_v4: None,
        policy_v6: None,
    };
    table.finish(problems);
    let section = || {
        Some(FollowedLink {
            name: name?.value,
            select: select?,
            interface: at?.value,
            manage_interface: manage_interface.map_or(default::MANAGE_INTERFACE, |at| at.value),
            session,
        })
    };
    let section = section();
    (places, section)
}

/// What holds between the sections of a configuration whose links come from the API.
pub(super) fn check(links: &[FollowedLink], places: &Places, problems: &mut Problems<'_>) {
    let mut seen = BTreeSet::new();
    for (id, name) in &places.vpc_ids {
        if !seen.insert(id.as_ref().map(|id| &id.value)) {
            let (span, key, message) = match id {
                Some(id) => (&id.span, "id", "another vpc stands for this id already"),
                None => (
                    &name.span,
                    "name",
                    "one vpc without an `id` stands for all others: a second one needs its `id`",
                ),
            };
            problems.add(span, &format!("vpc {:?}: {key}", name.value.as_str()), message);
        }
    }
    let mut seen = BTreeSet::new();
    for link in links {
        if !seen.insert(&link.select) {
            let path = format!("link {:?}", link.name.as_str());
            let place = places.links.iter().find(|place| place.path == path);
            let span = place.map_or(0..0, |place| place.span.clone());
            problems.add(&span, &path, "another link section follows the same");
        }
    }
}

pub(super) fn write(f: &mut fmt::Formatter<'_>, source: &SourceSection) -> fmt::Result {
    let SourceSection {
        api_url,
        region,
        token_file,
        ca_file,
        state_file,
        poll_interval,
        configuring_poll_interval,
        vpcs: _,
        links: _,
    } = source;
    writeln!(
        f,
        "\n[source]\nkind = \"scaleway\"\napi_url = {}\nregion = {}",
        quoted(api_url),
        quoted(region)
    )?;
    for (key, file) in [("token_file", token_file), ("ca_file", ca_file)] {
        if let Some(file) = file {
            writeln!(f, "{key} = {}", quoted(file))?;
        }
    }
    writeln!(f, "state_file = {}", quoted(state_file))?;
    writeln!(
        f,
        "poll_interval = {poll_interval}\nconfiguring_poll_interval = {configuring_poll_interval}"
    )
}

pub(super) fn write_link(f: &mut fmt::Formatter<'_>, link: &FollowedLink) -> fmt::Result {
    let FollowedLink {
        name,
        select,
        interface,
        manage_interface,
        session,
    } = link;
    writeln!(f, "\n[[link]]\nname = {}", quoted(name.as_str()))?;
    match select {
        Select::Id(id) => writeln!(f, "id = {}", quoted(id.as_str()))?,
        Select::Tags(tags) => {
            let tags: Vec<_> = tags.iter().map(|tag| quoted(tag)).collect();
            writeln!(f, "tags = [{}]", tags.join(", "))?;
        }
    }
    writeln!(
        f,
        "interface = {}\nmanage_interface = {manage_interface}",
        quoted(interface.as_str())
    )?;
    session::write(f, session)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Scaleway,
}

fn kind(value: &DeValue<'_>) -> Result<Kind, String> {
    let expected = "\"file\" or \"scaleway\"";
    match text(value, expected)? {
        "file" => Ok(Kind::File),
        "scaleway" => Ok(Kind::Scaleway),
        _ => Err(found(value, expected)),
    }
}

fn api_url(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "the URL of an API, such as \"https://api.scaleway.com\"";
    let url = text(value, expected)?;
    if (url.starts_with("https://") || url.starts_with("http://")) && !url.chars().any(char::is_control) {
        Ok(url.to_owned())
    } else {
        Err(found(value, expected))
    }
}

fn region(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "a region, such as \"fr-par\"";
    let name = text(value, expected)?;
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        Ok(name.to_owned())
    } else {
        Err(found(value, expected))
    }
}

fn file(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "the absolute name of a file";
    let name = text(value, expected)?;
    if name.starts_with('/') && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(found(value, expected))
    }
}

fn seconds(value: &DeValue<'_>) -> Result<u32, String> {
    let expected = "seconds from 1 to 86400";
    match u32::try_from(integer(value, expected)?) {
        Ok(seconds @ 1..=86400) => Ok(seconds),
        Ok(_) | Err(_) => Err(found(value, expected)),
    }
}

fn id(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "an id of the API, such as \"49c5a2a4-6a1c-4a37-9d5e-2f3d1a7b0c11\"";
    let id = text(value, expected)?;
    if interlink_api::id::is_uuid(id) {
        Ok(id.to_ascii_lowercase())
    } else {
        Err(found(value, expected))
    }
}

pub(super) fn vpc_id(value: &DeValue<'_>) -> Result<VpcId, String> {
    id(value).map(VpcId::from)
}

fn tag(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "a tag in quotes";
    let tag = text(value, expected)?;
    if tag.is_empty() || tag.chars().any(char::is_control) {
        Err(found(value, expected))
    } else {
        Ok(tag.to_owned())
    }
}
