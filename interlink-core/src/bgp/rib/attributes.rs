//! What is said of routes, kept once for all routes that it is said of.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bgp::codec::Attributes;
use crate::bgp::import::Said;

/// Attributes by number.
#[derive(Debug, Default)]
pub(super) struct Interner {
    numbers: BTreeMap<Arc<Attributes>, u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    attributes: Arc<Attributes>,
    said: Said,
    routes: u32,
}

impl Interner {
    /// Their number, which counts one more route. What the policy says of them is asked once.
    pub(super) fn take(&mut self, attributes: &Attributes, judge: impl FnOnce(&Attributes) -> Said) -> u32 {
        if let Some(number) = self.numbers.get(attributes).copied() {
            self.again(number);
            return number;
        }
        let shared = Arc::new(attributes.clone());
        let entry = Entry {
            attributes: Arc::clone(&shared),
            said: judge(attributes),
            routes: 1,
        };
        self.bytes = self.bytes.saturating_add(size_of(attributes));
        let number = if let Some(number) = self.free.pop() {
            if let Some(place) = self.entries.get_mut(number as usize) {
                *place = Some(entry);
            }
            number
        } else {
            self.entries.push(Some(entry));
            u32::try_from(self.entries.len().saturating_sub(1)).unwrap_or(u32::MAX)
        };
        self.numbers.insert(shared, number);
        number
    }

    /// One more route has these.
    pub(super) fn again(&mut self, number: u32) {
        if let Some(Some(entry)) = self.entries.get_mut(number as usize) {
            entry.routes = entry.routes.saturating_add(1);
        }
    }

    /// One route less has these.
    pub(super) fn release(&mut self, number: u32) {
        let Some(place) = self.entries.get_mut(number as usize) else {
            return;
        };
        let Some(entry) = place else { return };
        entry.routes = entry.routes.saturating_sub(1);
        if entry.routes == 0 {
            self.numbers.remove(&entry.attributes);
            self.bytes = self.bytes.saturating_sub(size_of(&entry.attributes));
            *place = None;
            self.free.push(number);
        }
    }

    /// The attributes of a number.
    pub(super) fn get(&self, number: u32) -> Option<&Arc<Attributes>> {
        self.entries
            .get(number as usize)?
            .as_ref()
            .map(|entry| &entry.attributes)
    }

    /// What the policy says of them.
    pub(super) fn said(&self, number: u32) -> Option<Said> {
        self.entries.get(number as usize)?.as_ref().map(|entry| entry.said)
    }

    /// Asks a policy about all of them.
    pub(super) fn judge_again(&mut self, judge: impl Fn(&Attributes) -> Said) {
        for entry in self.entries.iter_mut().flatten() {
            entry.said = judge(&entry.attributes);
        }
    }

    /// What all of them take up, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

fn size_of(attributes: &Attributes) -> usize {
    size_of_val(attributes).saturating_add(attributes.heap())
}
