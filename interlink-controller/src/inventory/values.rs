//! Single values of the file, and what is said of those that won't do.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use interlink_core::config::reader::{Problems, Table, describe};
use interlink_core::name::Name;
use ipnet::IpNet;
use toml::de::DeValue;

use crate::rules::{ConnectionStatus, NoId, OutOfBounds, Region};

pub(super) fn text(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        other => Err(format!("found {}, expected a text", describe(other))),
    }
}

pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, String> {
    match value {
        DeValue::Boolean(flag) => Ok(*flag),
        other => Err(format!("found {}, expected true or false", describe(other))),
    }
}

pub(super) fn count(value: &DeValue<'_>) -> Result<u64, String> {
    match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| format!("found {number}, expected a number from 0 on")),
        other => Err(format!("found {}, expected a number", describe(other))),
    }
}

pub(super) fn number<T: TryFrom<u64, Error = OutOfBounds>>(value: &DeValue<'_>) -> Result<T, String> {
    T::try_from(count(value)?).map_err(|error| format!("found {}: {error}", describe(value)))
}

pub(super) fn id<T: FromStr<Err = NoId>>(value: &DeValue<'_>) -> Result<T, String> {
    parsed(value)
}

pub(super) fn name(value: &DeValue<'_>) -> Result<Name, String> {
    Name::new(&text(value)?).map_err(|error| error.to_string())
}

pub(super) fn region(value: &DeValue<'_>) -> Result<Region, String> {
    Region::new(&text(value)?).map_err(|error| format!("found {}: {error}", describe(value)))
}

pub(super) fn status(value: &DeValue<'_>) -> Result<ConnectionStatus, String> {
    let text = text(value)?;
    let status = ConnectionStatus::ALL.into_iter().find(|status| status.as_str() == text);
    status.ok_or_else(|| {
        let known: Vec<_> = ConnectionStatus::ALL.iter().map(|status| status.as_str()).collect();
        format!("found {text:?}, expected one of {}", known.join(", "))
    })
}

/// A network of the family of its type, without host bits.
pub(super) fn network<T: FromStr + Into<IpNet> + Copy + Display>(value: &DeValue<'_>) -> Result<T, String> {
    let text = text(value)?;
    let network: T = text.parse().map_err(|_| {
        format!("found {text:?}, expected a network of this family, such as 169.254.0.0/16 or fd00::/64")
    })?;
    let whole: IpNet = network.into();
    if whole == whole.trunc() {
        Ok(network)
    } else {
        Err(format!("{network} has host bits set: the network is {}", whole.trunc()))
    }
}

/// A table with `start` and `end`, both included.
pub(super) fn range<T>(
    table: &mut Table<'_, '_>,
    problems: &mut Problems<'_>,
    key: &'static str,
    (start, end): (u64, u64),
) -> Option<RangeInclusive<T>>
where
    T: TryFrom<u64, Error = OutOfBounds> + PartialOrd + Copy,
{
    let before = problems.count();
    let is_there = table.has(key);
    let Some(mut bounds) = table.table(problems, key) else {
        let range = T::try_from(start).ok()?..=T::try_from(end).ok()?;
        return (!is_there).then_some(range);
    };
    let start = bounds.required(problems, "start", number::<T>);
    let end = bounds.required(problems, "end", number::<T>);
    let span = bounds.span().clone();
    bounds.finish(problems);
    let (start, end) = (start?.value, end?.value);
    if start > end {
        problems.add(&span, &table.path_of(key), "`start` is behind `end`");
    }
    (problems.count() == before).then_some(start..=end)
}

fn parsed<T: FromStr>(value: &DeValue<'_>) -> Result<T, String>
where
    T::Err: Display,
{
    text(value)?
        .parse()
        .map_err(|error| format!("found {}: {error}", describe(value)))
}
