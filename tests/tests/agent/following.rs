//! The agent follows its file, however that is changed.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use interlink_tests::agent;
use interlink_tests::datagram::arrives;
use interlink_tests::lab::{LINK, ON_PREMISES, VPC_HOST};

use crate::kernel::{attachment, program, routes};
use crate::support::{CONFIG, ROUTES, ask, closed, enforcing, eventually, fails, path, settled, succeeds, with};

#[test]
fn a_file_that_is_overwritten_is_followed() {
    let (lab, _agent) = enforcing();
    fs::write(lab.config(), closed()).unwrap();
    eventually("the routes to go", || routes(&lab).is_empty());
    settled(&lab);
    assert!(!arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
    fs::write(lab.config(), CONFIG).unwrap();
    eventually("the routes to come back", || routes(&lab) == ROUTES);
    settled(&lab);
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));
}

#[test]
fn a_file_that_another_takes_the_place_of_is_followed() {
    let (lab, _agent) = enforcing();
    let before = (program(&lab, LINK), attachment(&lab));
    for config in [&closed(), CONFIG, &closed()] {
        let next = lab.directory.join("next");
        fs::write(&next, config).unwrap();
        fs::rename(next, lab.config()).unwrap();
        let expected = if config == CONFIG { &ROUTES[..] } else { &[] };
        eventually("the routes to follow", || routes(&lab) == expected);
    }
    assert_eq!(
        (program(&lab, LINK), attachment(&lab)),
        before,
        "nothing is attached anew"
    );
}

#[test]
fn a_file_behind_a_link_that_is_swapped_is_followed() {
    let (lab, _agent) = enforcing();
    let directory = |name: &str| lab.directory.join(name);
    for (name, config) in [("one", CONFIG), ("two", &closed())] {
        fs::create_dir(directory(name)).unwrap();
        fs::write(directory(name).join("interlink.toml"), config).unwrap();
    }
    symlink("one", directory("current")).unwrap();
    fs::remove_file(lab.config()).unwrap();
    symlink("current/interlink.toml", lab.config()).unwrap();
    succeeds(&lab, &["reload"]);
    assert_eq!(routes(&lab), ROUTES);

    symlink("two", directory("next")).unwrap();
    fs::rename(directory("next"), directory("current")).unwrap();
    eventually("the file behind the link to be followed", || routes(&lab).is_empty());
}

#[test]
fn sighup_reads_a_file_at_once_that_doesnt_come_to_rest() {
    let (lab, agent) = enforcing();
    fs::write(lab.config(), closed()).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // A file that goes on changing is taken for half written, so nobody but the signal has it read.
        scope.spawn(|| {
            let file = File::options().write(true).open(lab.config()).unwrap();
            while !done.load(Ordering::Relaxed) {
                file.set_modified(SystemTime::now()).unwrap();
                thread::sleep(Duration::from_millis(10));
            }
        });
        agent.signal("HUP");
        eventually("the routes to go", || routes(&lab).is_empty());
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_broken_file_changes_nothing_says_where_and_is_over_once_mended() {
    let (lab, _agent) = enforcing();
    let before = (program(&lab, LINK), attachment(&lab));
    lab.write_config(&with(&closed(), "vpc = \"prod\"", "vpcs = \"prod\""));
    let words = format!(
        "{}:23:1: link \"paris\": there is no key `vpcs`: did you mean `vpc`?",
        path(&lab.config())
    );
    let status = agent::wait_for(&lab, "the mistake to be told", |status| {
        !status["source"]["error"].is_null()
    });
    assert_eq!(status["source"]["error"], words);
    assert_eq!(status["state"], "enforcing");
    let text = succeeds(&lab, &["status"]);
    assert!(text.contains(&format!("  ! not in force: {words}\n")), "{text}");
    assert_eq!(routes(&lab), ROUTES);
    assert!(arrives(&lab, ON_PREMISES.v4, VPC_HOST.v4));

    lab.write_config(&closed());
    agent::wait_for(&lab, "the mistake to be over", |status| {
        status["source"]["error"].is_null()
    });
    eventually("the routes to go", || routes(&lab).is_empty());
    assert_eq!((program(&lab, LINK), attachment(&lab)), before);
    let told = format!("keeping the configuration that is in force: {words}");
    assert_eq!(agent::log(&lab).matches(&told).count(), 1);
}

#[test]
fn a_broken_file_is_told_to_who_asks_for_it_too() {
    let (lab, _agent) = enforcing();
    lab.write_config("[agent]\n");
    let words = format!("{}:1:1: agent: `role` is missing", path(&lab.config()));
    assert_eq!(ask(&lab, &["reload"]), fails(3, &words));
    assert_eq!(agent::status(&lab).unwrap()["source"]["error"], words);
    assert_eq!(routes(&lab), ROUTES);
}

#[test]
fn a_file_that_goes_away_changes_nothing_and_is_taken_when_it_is_back() {
    let (lab, _agent) = enforcing();
    let away = lab.directory.join("away");
    fs::rename(lab.config(), &away).unwrap();
    let status = agent::wait_for(&lab, "the loss to be told", |status| {
        !status["source"]["error"].is_null()
    });
    let words = format!(
        "can't read {}: No such file or directory (os error 2)",
        path(&lab.config())
    );
    assert_eq!(status["source"]["error"], words);
    assert_eq!(routes(&lab), ROUTES);
    fs::rename(&away, lab.config()).unwrap();
    agent::wait_for(&lab, "the file to be back", |status| {
        status["source"]["error"].is_null()
    });
}
