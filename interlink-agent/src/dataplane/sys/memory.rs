//! Arrays of the kernel's, in this process's memory.

use std::io;
use std::mem::size_of;
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use interlink_common::table::{PAGE_WORDS, PAGES_PER_SEGMENT};
use rustix::mm::{MapFlags, ProtFlags};

/// The elements of an array of `u32`, in the memory that the kernel's programs read them from.
#[derive(Debug)]
pub(in super::super) struct Words(Mapping<Word>);

/// The pages of a segment, in the memory that the kernel's programs read them from.
#[derive(Debug)]
pub(in super::super) struct Pages(Mapping<SharedPage>);

/// A page that others read.
pub(in super::super) type SharedPage = [AtomicU64; PAGE_WORDS];

/// The kernel gives each element of an array a multiple of eight bytes.
#[derive(Debug)]
#[repr(C, align(8))]
struct Word {
    value: AtomicU32,
}

impl Words {
    /// Maps an array that was created with `BPF_F_MMAPABLE` and has at least `count` elements.
    pub(in super::super) fn map(array: BorrowedFd<'_>, count: u32) -> io::Result<Self> {
        // SAFETY: an array of `u32` has one in the first bytes of each element, and the rest is padding.
        unsafe { Mapping::new(array, count) }.map(Self)
    }

    /// The element at an index.
    pub(in super::super) fn load(&self, index: u32) -> Option<u32> {
        self.0.get(index).map(|word| word.value.load(Ordering::Acquire))
    }

    /// Sets the element at an index, seen by other CPUs after everything that was written before. Says whether there
    /// is such an element.
    #[must_use]
    pub(in super::super) fn store(&self, index: u32, value: u32) -> bool {
        self.0
            .get(index)
            .map(|word| word.value.store(value, Ordering::Release))
            .is_some()
    }
}

impl Pages {
    /// Maps a segment.
    pub(in super::super) fn map(segment: BorrowedFd<'_>) -> io::Result<Self> {
        // SAFETY: the elements of a segment are pages, and a page is words.
        unsafe { Mapping::new(segment, PAGES_PER_SEGMENT) }.map(Self)
    }

    /// The page at an index.
    pub(in super::super) fn get(&self, index: u32) -> Option<&SharedPage> {
        self.0.get(index)
    }
}

/// The elements of an array, each a `T`.
#[derive(Debug)]
struct Mapping<T> {
    start: NonNull<T>,
    count: usize,
}

impl<T> Mapping<T> {
    /// Maps an array that was created with `BPF_F_MMAPABLE`; the kernel refuses if it is smaller than `count` elements.
    ///
    /// # Safety
    ///
    /// The elements of the array are of the size of `T`, which consists of atomics and padding.
    unsafe fn new(array: BorrowedFd<'_>, count: u32) -> io::Result<Self> {
        let count = usize::try_from(count).map_err(io::Error::other)?;
        // SAFETY: the address is the kernel's to choose, so the mapping replaces none. It is read and written only
        // through atomics, as the kernel's programs do too.
        let start = unsafe {
            rustix::mm::mmap(
                ptr::null_mut(),
                count * size_of::<T>(),
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                array,
                0,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { start, count })
    }

    fn get(&self, index: u32) -> Option<&T> {
        let index = usize::try_from(index).ok().filter(|index| *index < self.count)?;
        // SAFETY: the mapping has `count` elements from `start` on and lives as long as `self`.
        Some(unsafe { self.start.add(index).as_ref() })
    }
}

impl<T> Drop for Mapping<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference into it outlives `self`.
        let unmapped = unsafe { rustix::mm::munmap(self.start.as_ptr().cast(), self.count * size_of::<T>()) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}
