//! The memory that flat tables lie in: segments of pages, made when they are needed and given back when they aren't.
//!
//! The kernel waits for a grace period with each place of an array of maps that is emptied, but only once for many that
//! are filled. So a place is emptied by putting there the one map that stands for no segment; the last place keeps it.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::atomic::Ordering;

use aya::maps::MapData;
use interlink_common::map;
use interlink_common::table::{self, PAGE_WORDS, PAGES_PER_SEGMENT, Page};

use super::error::{Doing as _, KernelError};
use super::sys;

/// The segments of one NIC.
#[derive(Debug)]
pub(super) struct Segments {
    outer: MapData,
    /// By their numbers, once somebody asked for one.
    present: Option<Vec<Option<Segment>>>,
    /// What stands for no segment, if it was needed before.
    vacant: Option<OwnedFd>,
}

/// How many segments there can be.
pub(super) const SEGMENT_COUNT: u32 = table::SEGMENTS - 1;

/// The place of the map that stands for no segment.
pub(super) const VACANT: u32 = SEGMENT_COUNT;

#[derive(Debug)]
struct Segment {
    pages: sys::Pages,
    /// The map, until the program knows of it.
    unpublished: Option<OwnedFd>,
}

impl Segments {
    pub(super) const fn new(outer: MapData) -> Self {
        let (present, vacant) = (None, None);
        Self { outer, present, vacant }
    }

    /// Maps what there is, once. Without a flat table nobody needs it.
    pub(super) fn open(&mut self) -> Result<(), KernelError> {
        if self.present.is_none() {
            self.read()
                .doing(|| format!("mapping the segments in {}", map::SEGMENTS))?;
        }
        Ok(())
    }

    /// Makes the segment of a page, if there is none.
    pub(super) fn make(&mut self, page: u32) -> Result<(), KernelError> {
        let place = self.place(page / PAGES_PER_SEGMENT).ok_or_else(|| KernelError {
            doing: format!("taking page {page}"),
            detail: "the segments aren't open".to_owned(),
        })?;
        if place.is_none() {
            *place = Some(Segment::new().doing(|| format!("creating a segment for {}", map::SEGMENTS))?);
        }
        Ok(())
    }

    /// Fills a page, if its segment is there.
    pub(super) fn write(&self, number: u32, page: &Page) {
        if let Some(SharedPage(target)) = table::Pages::page(self, number) {
            for (target, word) in target.iter().zip(page) {
                target.store(*word, Ordering::Relaxed);
            }
        }
    }

    /// Changes half of a word of a page that is in use, by one store that is seen after everything written before.
    /// Nobody else writes.
    pub(super) fn write_half(&self, number: u32, index: usize, half: u32) {
        let page = table::Pages::page(self, number);
        if let Some(word) = page.and_then(|SharedPage(words)| words.get(index / 2)) {
            let shift = index % 2 * 32;
            let others = word.load(Ordering::Relaxed) & !(u64::from(u32::MAX) << shift);
            word.store(others | u64::from(half) << shift, Ordering::Release);
        }
    }

    /// Shows new segments to the program.
    pub(super) fn publish(&mut self) -> Result<(), KernelError> {
        let segments = self.present.iter_mut().flatten().zip(0..);
        let new: Vec<_> = segments
            .filter_map(|(segment, number)| Some((number, segment.as_mut()?)))
            .filter(|(_, segment)| segment.unpublished.is_some())
            .collect();
        let maps: Vec<_> = new
            .iter()
            .filter_map(|(number, segment)| Some((*number, segment.unpublished.as_ref()?.as_fd())))
            .collect();
        sys::put_maps(self.outer.fd().as_fd(), &maps).doing(|| format!("adding segments to {}", map::SEGMENTS))?;
        for (_, segment) in new {
            segment.unpublished = None;
        }
        Ok(())
    }

    /// Gives back the segments of which no page is in use.
    pub(super) fn keep_only(&mut self, is_in_use: impl Fn(u32) -> bool) -> Result<(), KernelError> {
        let mut emptied = Vec::new();
        for (place, number) in self.present.iter_mut().flatten().zip(0..) {
            let Some(segment) = place.as_ref().filter(|_| !is_in_use(number)) else {
                continue;
            };
            if segment.unpublished.is_none() {
                emptied.push(number);
            }
            *place = None;
        }
        self.vacate(emptied)
            .doing(|| format!("removing segments from {}", map::SEGMENTS))
    }

    fn read(&mut self) -> io::Result<()> {
        let outer = self.outer.fd().as_fd();
        let vacant_id = sys::inner_map_id(outer, VACANT)?;
        self.vacant = vacant_id.map(sys::open_map).transpose()?;
        let segment = |number| {
            let id = sys::inner_map_id(outer, number)?.filter(|id| Some(*id) != vacant_id);
            id.map(Segment::open).transpose()
        };
        self.present = Some((0..SEGMENT_COUNT).map(segment).collect::<io::Result<_>>()?);
        Ok(())
    }

    fn vacate(&mut self, mut places: Vec<u32>) -> io::Result<()> {
        if places.is_empty() {
            return Ok(());
        }
        let vacant = match &mut self.vacant {
            Some(vacant) => vacant,
            none => {
                places.push(VACANT);
                none.insert(sys::create_segment()?)
            }
        };
        let maps: Vec<_> = places.into_iter().map(|place| (place, vacant.as_fd())).collect();
        sys::put_maps(self.outer.fd().as_fd(), &maps)
    }

    fn place(&mut self, number: u32) -> Option<&mut Option<Segment>> {
        self.present.as_mut()?.get_mut(usize::try_from(number).ok()?)
    }
}

impl Segment {
    fn new() -> io::Result<Self> {
        let map = sys::create_segment()?;
        Ok(Self {
            pages: sys::Pages::map(map.as_fd())?,
            unpublished: Some(map),
        })
    }

    fn open(id: u32) -> io::Result<Self> {
        Ok(Self {
            pages: sys::Pages::map(sys::open_map(id)?.as_fd())?,
            unpublished: None,
        })
    }
}

/// A page that others read.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedPage<'s>(&'s sys::SharedPage);

impl table::Pages for Segments {
    type Page<'s> = SharedPage<'s>;

    fn page(&self, number: u32) -> Option<SharedPage<'_>> {
        let segment = usize::try_from(number / PAGES_PER_SEGMENT).ok()?;
        let segment = self.present.as_ref()?.get(segment)?.as_ref()?;
        segment.pages.get(number % PAGES_PER_SEGMENT).map(SharedPage)
    }
}

impl table::Words for SharedPage<'_> {
    fn word(&self, index: usize) -> u64 {
        self.0
            .get(index % PAGE_WORDS)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }
}
