use super::*;
use crate::domain::{Vpc, VpcTable};
use crate::name::Name;
use crate::state::TableNumber;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_trial_is_in_force_and_comes_back_when_its_time_runs_out() {
    let mut commit = Commit::new(intent(1));
    commit.attempt(intent(2), MINUTE, at(0));
    assert_eq!(commit.current(), &intent(2));
    assert!(!commit.expire(at(59)));
    assert_eq!(commit.current(), &intent(2));
    assert!(commit.expire(at(60)));
    assert_eq!(commit.current(), &intent(1));
    assert_eq!(commit.deadline(), None);
    assert!(!commit.expire(at(61)), "once");
}

#[test]
fn a_confirmed_trial_stays() {
    let mut commit = Commit::new(intent(1));
    commit.attempt(intent(2), MINUTE, at(0));
    assert_eq!(commit.deadline(), Some(at(60)));
    assert_eq!(commit.confirm(), Ok(()));
    assert!(!commit.expire(at(600)));
    assert_eq!(commit.current(), &intent(2));
}

#[test]
fn undoing_a_second_trial_leads_back_to_what_was_confirmed() {
    let mut commit = Commit::new(intent(1));
    commit.attempt(intent(2), MINUTE, at(0));
    commit.attempt(intent(3), MINUTE, at(30));
    assert_eq!(commit.deadline(), Some(at(90)));
    assert_eq!(commit.undo(), Ok(()));
    assert_eq!(commit.current(), &intent(1));
}

#[test]
fn a_change_for_good_supersedes_a_trial() {
    let mut commit = Commit::new(intent(1));
    commit.attempt(intent(2), MINUTE, at(0));
    assert!(commit.replace(intent(3)));
    assert!(!commit.replace(intent(3)), "there is no trial left to end");
    assert!(!commit.expire(at(600)));
    assert_eq!(commit.current(), &intent(3));
}

#[test]
fn without_a_trial_there_is_nothing_to_confirm_or_undo() {
    let mut commit = Commit::new(intent(1));
    assert_eq!(commit.confirm(), Err(NoTrial));
    assert_eq!(commit.undo(), Err(NoTrial));
    assert_eq!(commit.current(), &intent(1));
}

fn at(seconds: u64) -> Time {
    Time(Duration::from_secs(seconds))
}

/// An intent that differs from every other number's.
fn intent(number: u32) -> Intent {
    let name = Name::new(&format!("vpc-{number}")).unwrap();
    let vpc = Vpc {
        name: name.clone(),
        table: VpcTable::Plain {
            number: TableNumber(number),
            iif: [].into(),
            rule_priority: 1,
        },
    };
    Intent {
        vpcs: [(name, vpc)].into(),
        ..Intent::default()
    }
}
