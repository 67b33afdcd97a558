use super::{Event, NotNow, Phase, Side};

fn refused() -> Phase {
    Phase::Refused {
        reason: "no capacity".to_owned(),
    }
}

fn phases() -> [Phase; 9] {
    [
        Phase::Requested,
        refused(),
        Phase::Expired,
        Phase::Provisioning,
        Phase::Ready,
        Phase::Provisioned,
        Phase::Deprovisioning { awaits: Side::User },
        Phase::Deprovisioning { awaits: Side::Partner },
        Phase::Deleted,
    ]
}

fn events() -> [Event; 7] {
    [
        Event::Approve,
        Event::Refuse {
            reason: "no capacity".to_owned(),
        },
        Event::Complete,
        Event::Expire,
        Event::SessionUp,
        Event::Delete,
        Event::PartnerDelete,
    ]
}

fn short(phase: &Phase) -> &'static str {
    match phase {
        Phase::Requested => "requested",
        Phase::Refused { .. } => "refused",
        Phase::Expired => "expired",
        Phase::Provisioning => "provisioning",
        Phase::Ready => "ready",
        Phase::Provisioned => "provisioned",
        Phase::Deprovisioning { awaits: Side::User } => "awaits-user",
        Phase::Deprovisioning { awaits: Side::Partner } => "awaits-partner",
        Phase::Deleted => "deleted",
    }
}

/// A row for each phase, a column for each event; `-` is a refusal.
const TABLE: &str = "
    phase          | approve      refuse  complete    expire  session-up  delete         partner-delete
    requested      | provisioning refused -           expired -           deleted        -
    refused        | -            -       -           -       -           deleted        -
    expired        | -            -       -           -       -           deleted        -
    provisioning   | -            -       provisioned -       -           awaits-partner awaits-user
    ready          | -            -       -           -       provisioned deleted        -
    provisioned    | -            -       -           -       provisioned awaits-partner awaits-user
    awaits-user    | -            -       -           -       -           deleted        awaits-user
    awaits-partner | -            -       -           -       -           awaits-partner deleted
    deleted        | -            -       -           -       -           -              -
";

#[test]
fn every_event_in_every_phase_does_what_the_table_says() {
    let rows: Vec<Vec<&str>> = TABLE
        .lines()
        .map(|line| line.split_whitespace().filter(|cell| *cell != "|").collect())
        .filter(|row: &Vec<&str>| !row.is_empty())
        .collect();
    assert_eq!(rows.len(), phases().len() + 1);
    for (row, phase) in rows.iter().skip(1).zip(phases()) {
        assert_eq!(row.len(), events().len() + 1);
        assert_eq!(row[0], short(&phase));
        for ((expected, event), column) in row.iter().skip(1).zip(events()).zip(rows[0].iter().skip(1)) {
            let next = phase.next(event).map_or("-", |next| short(&next));
            assert_eq!(next, *expected, "{} and {column}", short(&phase));
        }
    }
}

#[test]
fn a_refusal_keeps_the_partners_words() {
    let event = Event::Refuse {
        reason: "no capacity".to_owned(),
    };
    assert_eq!(Phase::Requested.next(event), Ok(refused()));
}

#[test]
fn a_link_on_its_way_out_takes_no_configuration() {
    let open: Vec<_> = phases()
        .iter()
        .filter(|phase| phase.is_configurable())
        .map(short)
        .collect();
    assert_eq!(open, ["requested", "provisioning", "ready", "provisioned"]);
}

#[test]
fn nothing_follows_the_end() {
    for event in events() {
        assert_eq!(Phase::Deleted.next(event), Err(NotNow));
    }
}
