//! The kernel's calls that no library offers: those of BPF links and pins, and the mapping of an array.
//!
//! aya could make links too, but falls back to an attachment by netlink without a word when the kernel refuses one,
//! and such an attachment dies with nobody to adopt it.

#![expect(unsafe_code, reason = "raw system calls, and memory that the kernel shares")]

mod memory;
mod option;

use std::ffi::{CStr, CString, c_int, c_long, c_uint};
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use interlink_common::table::{PAGES_PER_SEGMENT, Page};

pub(crate) use option::set_socket_option;

pub(super) use memory::{Pages, SharedPage, Words};

/// The value of `union bpf_attr`'s `attach_type` for XDP.
const ATTACH_TYPE_XDP: u32 = 37;
/// The most maps that a program of ours could name, with room for what aya adds.
const PROGRAM_MAPS: usize = 64;

#[derive(Clone, Copy)]
#[repr(u32)]
enum Command {
    MapCreate = 0,
    MapLookupElem = 1,
    MapUpdateElem = 2,
    ObjPin = 6,
    ObjGet = 7,
    ProgGetFdById = 13,
    MapGetFdById = 14,
    ObjGetInfoByFd = 15,
    MapUpdateBatch = 26,
    LinkCreate = 28,
    LinkUpdate = 29,
    LinkDetach = 34,
}

/// What the kernel says of an XDP link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinkInfo {
    /// Its id.
    pub(super) id: u32,
    /// The id of its program.
    pub(super) program: u32,
    /// The index of the interface that it is on; 0 once that is gone, or the link was detached.
    pub(super) interface: u32,
}

/// What the kernel says of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProgramInfo {
    /// Its id.
    pub(super) id: u32,
    /// Its name, as far as the kernel keeps it.
    pub(super) name: String,
    /// The ids of the maps that it reads and writes.
    pub(super) maps: Vec<u32>,
}

/// What a map is created by.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
    inner: u32,
}

/// Creates an array with one `u32` in it.
pub(super) fn create_array() -> io::Result<OwnedFd> {
    create_map(&MapCreate {
        map_type: ARRAY,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        flags: 0,
        inner: 0,
    })
}

/// Creates an array with a place for one map that is like `inner`.
pub(super) fn create_array_of_maps(inner: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    const ARRAY_OF_MAPS: u32 = 12;
    create_map(&MapCreate {
        map_type: ARRAY_OF_MAPS,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        flags: 0,
        inner: number(inner),
    })
}

/// Creates a segment: an array of pages, all zero.
pub(super) fn create_segment() -> io::Result<OwnedFd> {
    const MMAPABLE: u32 = 1 << 10;
    create_map(&MapCreate {
        map_type: ARRAY,
        key_size: 4,
        value_size: size_of::<Page>().try_into().map_err(io::Error::other)?,
        max_entries: PAGES_PER_SEGMENT,
        flags: MMAPABLE,
        inner: 0,
    })
}

/// Puts a map into the one place of an array of maps.
pub(super) fn put_map(outer: BorrowedFd<'_>, inner: BorrowedFd<'_>) -> io::Result<()> {
    let (key, value) = (0_u32, number(inner));
    let mut attributes = Element {
        map: number(outer),
        padding: 0,
        key: address(&raw const key),
        value: address(&raw const value),
        flags: 0,
    };
    // SAFETY: the kernel reads four bytes at each of the two addresses, which are those of two `u32` that live on.
    unsafe { bpf(Command::MapUpdateElem, &mut attributes) }?;
    Ok(())
}

/// The id of the map at an index of an array of maps.
pub(super) fn inner_map_id(outer: BorrowedFd<'_>, index: u32) -> io::Result<Option<u32>> {
    let mut id = 0_u32;
    let mut attributes = Element {
        map: number(outer),
        padding: 0,
        key: address(&raw const index),
        value: address(&raw mut id),
        flags: 0,
    };
    // SAFETY: the kernel reads four bytes at the one address and writes four at the other, which are those of two `u32`
    // that live on.
    match unsafe { bpf(Command::MapLookupElem, &mut attributes) } {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(|_zero| Some(id)),
    }
}

/// Opens the map with an id.
pub(super) fn open_map(id: u32) -> io::Result<OwnedFd> {
    open_by_id(Command::MapGetFdById, id)
}

/// Puts maps at indices of an array of maps, with one wait for the programs that run meanwhile. What was put before an
/// error stays.
pub(super) fn put_maps(outer: BorrowedFd<'_>, maps: &[(u32, BorrowedFd<'_>)]) -> io::Result<()> {
    #[repr(C)]
    struct Attributes {
        in_batch: u64,
        out_batch: u64,
        keys: u64,
        values: u64,
        count: u32,
        map: u32,
        element_flags: u64,
        flags: u64,
    }
    if maps.is_empty() {
        return Ok(());
    }
    let keys: Vec<u32> = maps.iter().map(|(index, _)| *index).collect();
    let values: Vec<u32> = maps.iter().map(|(_, map)| number(*map)).collect();
    let mut attributes = Attributes {
        in_batch: 0,
        out_batch: 0,
        keys: address(keys.as_ptr()),
        values: address(values.as_ptr()),
        count: maps.len().try_into().map_err(io::Error::other)?,
        map: number(outer),
        element_flags: 0,
        flags: 0,
    };
    // SAFETY: the kernel reads four bytes for each of `count` keys and values, which both live on.
    unsafe { bpf(Command::MapUpdateBatch, &mut attributes) }?;
    Ok(())
}

/// Opens what is pinned at a path.
pub(super) fn open_pin(path: &Path) -> io::Result<OwnedFd> {
    let path = c_string(path)?;
    let mut attributes = Pin {
        path: address(path.as_ptr()),
        object: 0,
        flags: 0,
    };
    // SAFETY: the kernel reads a string at the address, up to its end.
    let fd = unsafe { bpf(Command::ObjGet, &mut attributes) }?;
    owned(fd)
}

/// Pins an object at a path where nothing is.
pub(super) fn pin(object: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path = c_string(path)?;
    let mut attributes = Pin {
        path: address(path.as_ptr()),
        object: number(object),
        flags: 0,
    };
    // SAFETY: the kernel reads a string at the address, up to its end.
    unsafe { bpf(Command::ObjPin, &mut attributes) }?;
    Ok(())
}

/// Opens the program with an id.
pub(super) fn open_program(id: u32) -> io::Result<OwnedFd> {
    open_by_id(Command::ProgGetFdById, id)
}

/// What the kernel says of a program.
pub(super) fn program_info(program: BorrowedFd<'_>) -> io::Result<ProgramInfo> {
    #[repr(C)]
    struct Info {
        kind: u32,
        id: u32,
        unused: [u64; 5],
        created_by_uid: u32,
        maps: u32,
        map_ids: u64,
        name: [u8; 16],
    }
    let mut ids = [0_u32; PROGRAM_MAPS];
    let mut info = Info {
        kind: 0,
        id: 0,
        unused: [0; 5],
        created_by_uid: 0,
        maps: PROGRAM_MAPS.try_into().map_err(io::Error::other)?,
        map_ids: address(ids.as_mut_ptr()),
        name: [0; 16],
    };
    // SAFETY: with the other lengths zero the kernel writes to nothing but the ids, at most as many as `maps` says.
    unsafe { object_info(program, &mut info) }?;
    let name = CStr::from_bytes_until_nul(&info.name).unwrap_or_default();
    Ok(ProgramInfo {
        id: info.id,
        name: name.to_string_lossy().into_owned(),
        maps: ids.into_iter().filter(|id| *id != 0).collect(),
    })
}

/// What the kernel says of an XDP link.
pub(super) fn link_info(link: BorrowedFd<'_>) -> io::Result<LinkInfo> {
    #[repr(C)]
    struct Info {
        kind: u32,
        id: u32,
        program: u32,
        padding: u32,
        interface: u32,
        rest: [u32; 3],
    }
    const XDP: u32 = 6;
    let mut info = Info {
        kind: 0,
        id: 0,
        program: 0,
        padding: 0,
        interface: 0,
        rest: [0; 3],
    };
    // SAFETY: no field is an address that the kernel would write to for an XDP link; of another kind of link it would
    // write a name to the address in the fields from `interface` on, which is null, and null stands for nowhere.
    unsafe { object_info(link, &mut info) }?;
    if info.kind != XDP {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no XDP link"));
    }
    Ok(LinkInfo {
        id: info.id,
        program: info.program,
        interface: info.interface,
    })
}

/// Attaches a program to an interface.
pub(super) fn create_link(program: BorrowedFd<'_>, interface: u32, flags: u32) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attributes {
        program: u32,
        interface: u32,
        attach_type: u32,
        flags: u32,
    }
    let mut attributes = Attributes {
        program: number(program),
        interface,
        attach_type: ATTACH_TYPE_XDP,
        flags,
    };
    // SAFETY: there is no address among the attributes.
    let fd = unsafe { bpf(Command::LinkCreate, &mut attributes) }?;
    owned(fd)
}

/// Puts a program in the place of a link's, in one step.
pub(super) fn update_link(link: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    #[repr(C)]
    struct Attributes {
        link: u32,
        program: u32,
        flags: u32,
        old_program: u32,
    }
    let mut attributes = Attributes {
        link: number(link),
        program: number(program),
        flags: 0,
        old_program: 0,
    };
    // SAFETY: there is no address among the attributes.
    unsafe { bpf(Command::LinkUpdate, &mut attributes) }?;
    Ok(())
}

/// Detaches a link, whoever else holds it. To remove its last pin would do the same, but some time later.
pub(super) fn detach_link(link: BorrowedFd<'_>) -> io::Result<()> {
    #[repr(C)]
    struct Attributes {
        link: u32,
    }
    let mut attributes = Attributes { link: number(link) };
    // SAFETY: there is no address among the attributes.
    unsafe { bpf(Command::LinkDetach, &mut attributes) }?;
    Ok(())
}

fn open_by_id(command: Command, id: u32) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attributes {
        id: u32,
        next_id: u32,
        flags: u32,
    }
    let mut attributes = Attributes {
        id,
        next_id: 0,
        flags: 0,
    };
    // SAFETY: there is no address among the attributes.
    let fd = unsafe { bpf(command, &mut attributes) }?;
    owned(fd)
}

const ARRAY: u32 = 2;

/// One element of a map.
#[repr(C)]
struct Element {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct Pin {
    path: u64,
    object: u32,
    flags: u32,
}

fn create_map(attributes: &MapCreate) -> io::Result<OwnedFd> {
    // SAFETY: there is no address among the attributes.
    let fd = unsafe { bpf(Command::MapCreate, &mut { *attributes }) }?;
    owned(fd)
}

/// Has the kernel describe an object.
///
/// # Safety
///
/// `Info` is plain integers in the layout of the object's `struct bpf_*_info`, and where it holds an address with a
/// length the kernel may write that much there.
unsafe fn object_info<Info>(object: BorrowedFd<'_>, info: &mut Info) -> io::Result<()> {
    #[repr(C)]
    struct Attributes {
        object: u32,
        length: u32,
        info: u64,
    }
    let mut attributes = Attributes {
        object: number(object),
        length: size_of::<Info>().try_into().map_err(io::Error::other)?,
        info: address(&raw mut *info),
    };
    // SAFETY: the kernel writes at most `length` bytes to `info`; the caller answers for the addresses inside.
    unsafe { bpf(Command::ObjGetInfoByFd, &mut attributes) }?;
    Ok(())
}

/// The system call `bpf`.
///
/// # Safety
///
/// `Attributes` has the layout of the command's part of `union bpf_attr`, and what it holds addresses of is there, as
/// long as the command reads or writes it.
unsafe fn bpf<Attributes>(command: Command, attributes: &mut Attributes) -> io::Result<c_long> {
    // SAFETY: the kernel reads `size` bytes of attributes, and takes those after them for zero.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            command as c_uint,
            &raw mut *attributes,
            size_of::<Attributes>(),
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

fn owned(fd: c_long) -> io::Result<OwnedFd> {
    let fd = c_int::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the commands that end here return a descriptor that is new, and so nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn number(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

fn address<T>(pointer: *const T) -> u64 {
    pointer.expose_provenance() as u64
}

fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}
