//! More than is taken, and more than may be said.

use super::*;

/// Has the provider announce that many networks of its policy.
fn announcing(lab: &mut Lab, count: usize) {
    let networks: Vec<_> = (0..count)
        .map(|number| format!("\"172.16.{}.{}/32\"", 4 + number / 256, number % 256))
        .collect();
    let config = &mut lab.nodes[PROVIDER].config;
    let start = config.find("networks = ").unwrap();
    let end = start + config[start..].find(']').unwrap() + 1;
    config.replace_range(start..end, &format!("networks = [{}]", networks.join(", ")));
    lab.follow(PROVIDER);
}

fn lab(customer: &str) -> Lab {
    let mut lab = Lab::new(30);
    lab.nodes[CUSTOMER].config += customer;
    announcing(&mut lab, 10);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    lab
}

#[test]
fn those_beyond_the_limit_are_left_out_and_taken_when_there_is_room() {
    let mut lab = lab("\nmax_prefixes = 8\n");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 8);
    let report = lab.nodes[CUSTOMER].speaker.report(lab.now);
    assert_eq!((report[0].families[0].received, report[0].families[0].refused), (8, 2));
    assert_eq!(
        lab.nodes[CUSTOMER].was_told("more than 8 IPv4 prefixes: those beyond are left out"),
        1
    );
    announcing(&mut lab, 7);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 7);
    lab.edit(CUSTOMER, "max_prefixes = 8", "max_prefixes = 5");
    announcing(&mut lab, 9);
    lab.run(MINUTE);
    lab.edit(CUSTOMER, "max_prefixes = 5", "max_prefixes = 50");
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 9, "asked for again");
    assert_eq!(lab.nodes[CUSTOMER].was_told("down"), 0);
}

#[test]
fn those_beyond_are_taken_where_that_is_wanted() {
    let lab = lab("\nmax_prefixes = 8\non_max_prefixes = \"warn\"\n");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 10);
    assert_eq!(
        lab.nodes[CUSTOMER].was_told("more than 8 IPv4 prefixes: they are taken"),
        1
    );
}

#[test]
fn a_session_that_passes_the_limit_stays_down_for_as_long_as_is_wanted() {
    let mut lab = lab("\nmax_prefixes = 8\non_max_prefixes = \"idle\"\nidle_time = 200\n");
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false, true]);
    assert_eq!(
        lab.nodes[PROVIDER].was_told("Maximum Number of Prefixes Reached (6/1)"),
        1
    );
    assert_eq!(lab.nodes[CUSTOMER].speaker.report(lab.now)[0].state, "idle");
    announcing(&mut lab, 5);
    lab.run(2 * MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false, true]);
    lab.run(2 * MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 5);
}

#[test]
fn it_stays_down_until_it_is_reset_where_that_is_wanted() {
    let mut lab = lab("\nmax_prefixes = 8\non_max_prefixes = \"idle\"\nidle_time = 0\n");
    announcing(&mut lab, 5);
    lab.run(60 * MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [false, true]);
    let id = lab.nodes[CUSTOMER].speaker.ids().next().unwrap().clone();
    lab.input(CUSTOMER, Input::Reset(id));
    lab.run(2 * MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].is_up(), [true; 2]);
}

#[test]
fn no_more_are_accepted_than_may_be_and_others_follow_when_there_is_room() {
    let mut lab = lab("\nmax_accepted_prefixes = 8\n");
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 8);
    let families = &lab.nodes[CUSTOMER].speaker.report(lab.now)[0].families;
    assert_eq!((families[0].received, families[0].rejected["limit"]), (10, 2));
    announcing(&mut lab, 9);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 8);
    announcing(&mut lab, 4);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 4);
}

#[test]
fn more_than_may_be_announced_leaves_the_peer_with_what_it_knows() {
    let mut lab = Lab::new(31);
    lab.nodes[PROVIDER].config += "\nmax_announced_prefixes = 5\n";
    announcing(&mut lab, 5);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 5);
    announcing(&mut lab, 6);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 5);
    assert_eq!(
        lab.nodes[PROVIDER].was_told("6 prefixes would be announced and 5 may be"),
        1
    );
    announcing(&mut lab, 3);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 3);
}

#[test]
fn many_prefixes_arrive_in_pieces_that_the_kernel_took() {
    let mut lab = Lab::new(32);
    lab.nodes[PROVIDER].config += "\nmax_announced_prefixes = 2000\n";
    lab.nodes[CUSTOMER].config += "\nmax_prefixes = 2000\n";
    announcing(&mut lab, 1000);
    lab.follow(CUSTOMER);
    lab.run(MINUTE);
    assert_eq!(lab.nodes[CUSTOMER].knows()[0].len(), 1000);
}
