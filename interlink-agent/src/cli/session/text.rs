//! The sessions as text.

use std::fmt::{self, Write};

use interlink_core::bgp::session::{FamilySession, SessionReport};

/// The sessions, for people.
pub(super) fn render(sessions: &[SessionReport]) -> String {
    if sessions.is_empty() {
        return "no link has BGP\n".to_owned();
    }
    let mut text = String::new();
    for session in sessions {
        // Writing to a string can't fail.
        write_session(&mut text, session).unwrap_or_default();
    }
    text
}

fn write_session(f: &mut String, session: &SessionReport) -> fmt::Result {
    let SessionReport {
        link,
        transport,
        state,
        seconds,
        established,
        stopped,
        last_error,
        not_listening,
        local_address,
        peer_address,
        local_as,
        peer_as,
        local_identifier,
        peer_identifier,
        hold_time,
        capabilities,
        families,
    } = session;
    let transport = family(transport);
    writeln!(
        f,
        "link {link} over {transport}: {state} for {seconds} s, established {established} times"
    )?;
    writeln!(
        f,
        "  {local_address} (AS {local_as}, {local_identifier}) to {peer_address} (AS {peer_as})"
    )?;
    if let Some(why) = stopped {
        writeln!(f, "  stopped: {why}")?;
    }
    if let Some(why) = not_listening {
        writeln!(f, "  ! can't listen: {why}")?;
    }
    if let Some(error) = last_error {
        writeln!(f, "  last error: {error}")?;
    }
    if let (Some(identifier), Some(hold_time)) = (peer_identifier, hold_time) {
        let capabilities = capabilities.join(", ");
        writeln!(f, "  peer {identifier}, hold time {hold_time} s, {capabilities}")?;
    }
    families.iter().try_for_each(|family| write_family(f, family))
}

fn write_family(f: &mut String, of: &FamilySession) -> fmt::Result {
    let FamilySession {
        family: name,
        status,
        kept_seconds,
        received,
        accepted,
        stale,
        refused,
        rejected,
        announced,
        not_announced,
    } = of;
    writeln!(
        f,
        "  {} {status}: {received} received, {accepted} accepted, {announced} announced",
        family(name)
    )?;
    if let Some(seconds) = kept_seconds {
        writeln!(f, "    {stale} from before, kept for {seconds} s at most")?;
    }
    for (reason, count) in rejected {
        writeln!(f, "    rejected for {reason}: {count}")?;
    }
    if *refused > 0 {
        writeln!(f, "    ! beyond the limit, and not kept: {refused}")?;
    }
    if let Some(why) = not_announced {
        writeln!(f, "    ! {why}")?;
    }
    Ok(())
}

fn family(name: &str) -> &'static str {
    if name == "v4" { "IPv4" } else { "IPv6" }
}
