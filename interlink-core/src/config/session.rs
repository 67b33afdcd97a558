//! `[link.session]`, to model and back.

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::IpNet;
use toml::de::DeValue;

use super::model::default;
use super::parse::{boolean, found, integer, text};
use super::print::quoted;
use super::reader::{Problems, Table};
use crate::domain::{Community, Enforce, OverLimit, PriorityCommunities, SessionSettings, Transport};
use crate::state::Priority;

/// The longest restart that the wire can carry, in seconds (RFC 4724 §3).
const LONGEST_RESTART: u16 = 4095;

pub(super) fn read(table: &mut Table<'_, '_>, problems: &mut Problems<'_>) -> SessionSettings {
    let mut settings = default::session();
    let Some(mut table) = table.table(problems, "session") else {
        return settings;
    };
    let mut flag = |key, value: &mut bool| {
        if let Some(read) = table.optional(problems, key, boolean) {
            *value = read.value;
        }
    };
    flag("announce_connected", &mut settings.announce_connected);
    flag("passive", &mut settings.passive);
    flag("ttl_security", &mut settings.ttl_security);
    flag("keep_when_disabled", &mut settings.keep_when_disabled);
    flag("graceful_shutdown", &mut settings.graceful_shutdown);
    flag("announce_role", &mut settings.announce_role);
    let mut some = |key, value: &mut Community| {
        if let Some(read) = table.optional(problems, key, community) {
            *value = read.value;
        }
    };
    let PriorityCommunities { low, medium, high } = &mut settings.communities;
    some("low_community", low);
    some("medium_community", medium);
    some("high_community", high);
    macro_rules! keys {
        ($($key:ident by $read:expr,)*) => {
            $(if let Some(read) = table.optional(problems, stringify!($key), $read) {
                settings.$key = read.value.into();
            })*
        };
    }
    keys! {
        hold_time by hold_time,
        max_prefixes by prefixes,
        max_accepted_prefixes by prefixes,
        max_announced_prefixes by prefixes,
        on_max_prefixes by on_max_prefixes,
        enforce by enforce,
        idle_time by idle_time,
        transport by transport,
        router_id by router_id,
        md5_key_file by key_file,
        graceful_restart_time by restart_time,
        priority by priority,
    }
    settings.networks = table.list(problems, "networks", network);
    table.finish(problems);
    settings
}

pub(super) fn write(f: &mut fmt::Formatter<'_>, settings: &SessionSettings) -> fmt::Result {
    let SessionSettings {
        hold_time,
        max_prefixes,
        max_accepted_prefixes,
        on_max_prefixes,
        idle_time,
        max_announced_prefixes,
        enforce,
        networks,
        announce_connected,
        transport,
        router_id,
        passive,
        md5_key_file,
        ttl_security,
        keep_when_disabled,
        graceful_restart_time,
        communities: PriorityCommunities { low, medium, high },
        priority,
        graceful_shutdown,
        announce_role,
    } = settings;
    writeln!(
        f,
        "\n[link.session]\nhold_time = {hold_time}\nmax_prefixes = {max_prefixes}"
    )?;
    if let Some(most) = max_accepted_prefixes {
        writeln!(f, "max_accepted_prefixes = {most}")?;
    }
    writeln!(
        f,
        "on_max_prefixes = \"{}\"\nidle_time = {idle_time}",
        on_max_prefixes.name()
    )?;
    writeln!(
        f,
        "max_announced_prefixes = {max_announced_prefixes}\nenforce = \"{}\"",
        enforce.name()
    )?;
    let networks: Vec<_> = networks.iter().map(|network| format!("\"{network}\"")).collect();
    writeln!(f, "networks = [{}]", networks.join(", "))?;
    writeln!(
        f,
        "announce_connected = {announce_connected}\ntransport = \"{}\"",
        transport.name()
    )?;
    if let Some(router_id) = router_id {
        writeln!(f, "router_id = \"{router_id}\"")?;
    }
    writeln!(f, "passive = {passive}")?;
    if let Some(file) = md5_key_file {
        writeln!(f, "md5_key_file = {}", quoted(file))?;
    }
    writeln!(
        f,
        "ttl_security = {ttl_security}\nkeep_when_disabled = {keep_when_disabled}"
    )?;
    writeln!(f, "graceful_restart_time = {graceful_restart_time}")?;
    writeln!(
        f,
        "low_community = \"{low}\"\nmedium_community = \"{medium}\"\nhigh_community = \"{high}\""
    )?;
    if let Some(priority) = priority {
        writeln!(f, "priority = \"{priority}\"")?;
    }
    writeln!(
        f,
        "graceful_shutdown = {graceful_shutdown}\nannounce_role = {announce_role}"
    )
}

fn hold_time(value: &DeValue<'_>) -> Result<u16, String> {
    let expected = "seconds: 0 for none, or 3 to 65535 (RFC 4271 §4.2)";
    match u16::try_from(integer(value, expected)?) {
        Ok(seconds) if seconds == 0 || seconds >= 3 => Ok(seconds),
        Ok(_) | Err(_) => Err(found(value, expected)),
    }
}

fn prefixes(value: &DeValue<'_>) -> Result<u32, String> {
    let expected = "a number of prefixes from 1 to 4294967295";
    match u32::try_from(integer(value, expected)?) {
        Ok(number @ 1..) => Ok(number),
        Ok(0) | Err(_) => Err(found(value, expected)),
    }
}

fn idle_time(value: &DeValue<'_>) -> Result<u32, String> {
    let expected = "seconds, or 0 for a session that stays down until it is reset";
    u32::try_from(integer(value, expected)?).map_err(|_| found(value, expected))
}

fn restart_time(value: &DeValue<'_>) -> Result<u16, String> {
    let expected = "seconds: 0 for none, or up to 4095 (RFC 4724 §3)";
    match u16::try_from(integer(value, expected)?) {
        Ok(seconds) if seconds <= LONGEST_RESTART => Ok(seconds),
        Ok(_) | Err(_) => Err(found(value, expected)),
    }
}

fn on_max_prefixes(value: &DeValue<'_>) -> Result<OverLimit, String> {
    let expected = "\"warn\", \"refuse\" or \"idle\"";
    let name = text(value, expected)?;
    let named = OverLimit::ALL.into_iter().find(|action| action.name() == name);
    named.ok_or_else(|| found(value, expected))
}

fn enforce(value: &DeValue<'_>) -> Result<Enforce, String> {
    let expected = "\"policy\" or \"announced\"";
    let name = text(value, expected)?;
    let named = Enforce::ALL.into_iter().find(|enforce| enforce.name() == name);
    named.ok_or_else(|| found(value, expected))
}

fn transport(value: &DeValue<'_>) -> Result<Transport, String> {
    let expected = "\"each\", \"ipv4\" or \"ipv6\"";
    let name = text(value, expected)?;
    let named = Transport::ALL.into_iter().find(|transport| transport.name() == name);
    named.ok_or_else(|| found(value, expected))
}

fn priority(value: &DeValue<'_>) -> Result<Priority, String> {
    let expected = "\"low\", \"medium\" or \"high\"";
    let name = text(value, expected)?;
    let named = Priority::ALL.into_iter().find(|priority| priority.to_string() == name);
    named.ok_or_else(|| found(value, expected))
}

fn router_id(value: &DeValue<'_>) -> Result<Ipv4Addr, String> {
    let expected = "a BGP identifier such as \"192.0.2.1\", which isn't 0.0.0.0";
    match text(value, expected)?.parse() {
        Ok(Ipv4Addr::UNSPECIFIED) | Err(_) => Err(found(value, expected)),
        Ok(identifier) => Ok(identifier),
    }
}

fn key_file(value: &DeValue<'_>) -> Result<String, String> {
    let expected = "the absolute name of a file that holds the key";
    let name = text(value, expected)?;
    if name.starts_with('/') && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(found(value, expected))
    }
}

fn network(value: &DeValue<'_>) -> Result<IpNet, String> {
    let expected = "a prefix such as \"10.20.0.0/16\"";
    let net: IpNet = text(value, expected)?.parse().map_err(|_| found(value, expected))?;
    if net == net.trunc() {
        Ok(net)
    } else {
        Err(format!("{net} has host bits set: the network is {}", net.trunc()))
    }
}

fn community(value: &DeValue<'_>) -> Result<Community, String> {
    let expected = "a community: two numbers up to 65535, such as \"12876:42200\"";
    let parts = text(value, expected)?.split_once(':');
    let number = |part: &str| part.parse::<u16>().ok();
    parts
        .and_then(|(high, low)| Some(Community::new(number(high)?, number(low)?)))
        .ok_or_else(|| found(value, expected))
}
