//! A layer of SQLite (a "VFS") over the system's own: every operation on a database that lies on a [`Disk`] is first
//! that disk's affair. Registered under a name, so that no other connection of the process meets it.
#![expect(
    unsafe_code,
    reason = "SQLite's interface for files is one of C; these are tests, no host contains them"
)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use rusqlite::ffi;

use super::disk::Disk;
use super::shadow::Part;

/// What a connection names it by.
pub const NAME: &str = "tested";
const NAME_C: &CStr = c"tested";

/// An open file. SQLite allocates it with room for the system's file behind it.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    /// Owned; freed by [`close`].
    on: *mut On,
}

/// Where a file lies. No disk: a temporary file, of which nothing is expected after a power loss.
struct On {
    disk: Option<(Arc<Disk>, Part)>,
    /// Its first sync is one of the folder as well: so it is with logs and rollback journals that may be new.
    folder: AtomicBool,
}

/// Makes the layer known to SQLite.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the system's layer lives as long as the process; ours is leaked, and so does too. It is a copy of the
        // system's with other functions, which agree with `File` about the size of a file.
        unsafe {
            let system = ffi::sqlite3_vfs_find(ptr::null());
            let mut layer = *system;
            layer.szOsFile += size_of::<File>() as c_int;
            layer.zName = NAME_C.as_ptr();
            layer.pNext = ptr::null_mut();
            layer.pAppData = system.cast();
            layer.xOpen = Some(open);
            layer.xDelete = Some(delete);
            layer.xAccess = Some(access);
            layer.xFullPathname = Some(full_path);
            let code = ffi::sqlite3_vfs_register(Box::into_raw(Box::new(layer)), 0);
            assert_eq!(code, ffi::SQLITE_OK, "the layer is registered");
        }
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 3,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: Some(fetch),
    xUnfetch: Some(unfetch),
};

/// The system's layer.
unsafe fn system(layer: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: `layer` is the one that `register` made, and this is what it put there.
    unsafe { (*layer).pAppData.cast() }
}

/// The system's file behind ours.
unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: SQLite allocated `szOsFile` bytes: ours first, then the system's. `File` holds pointers, so that what is
    // behind it is aligned for pointers.
    unsafe { file.cast::<u8>().add(size_of::<File>()).cast() }
}

/// Where the file lies.
unsafe fn on<'a>(file: *mut ffi::sqlite3_file) -> &'a Option<(Arc<Disk>, Part)> {
    // SAFETY: set by `open` before SQLite gets to see the file, freed by `close`, after which it calls nothing more.
    unsafe { &(*(*file.cast::<File>()).on).disk }
}

/// Calls a function of the system's file.
macro_rules! forward {
    ($file:expr, $function:ident $(, $argument:expr)*) => {{
        let file = inner($file);
        match (*(*file).pMethods).$function {
            Some(function) => function(file $(, $argument)*),
            None => unreachable!("the system's files have version 3 of the methods"),
        }
    }};
}

fn answer(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

fn code(answer: Result<(), c_int>) -> c_int {
    answer.err().unwrap_or(ffi::SQLITE_OK)
}

fn find(name: *const c_char) -> Option<(Arc<Disk>, Part)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: SQLite's names end with a zero and live for the call.
    let name = unsafe { CStr::from_ptr(name) };
    Disk::find(Path::new(OsStr::from_bytes(name.to_bytes())))
}

unsafe extern "C" fn open(
    layer: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let found = find(name);
    let work = |read_only: bool| {
        let changes = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        let flags = if read_only { flags & !changes | ffi::SQLITE_OPEN_READONLY } else { flags };
        // SAFETY: the arguments are SQLite's own, for the system's file in its place.
        let code = unsafe {
            let system = system(layer);
            match (*system).xOpen {
                Some(open) => open(system, name, inner(file), flags, flags_out),
                None => ffi::SQLITE_CANTOPEN,
            }
        };
        answer(code)
    };
    let opened = match &found {
        Some((disk, part)) => disk.opening(*part, flags & ffi::SQLITE_OPEN_READWRITE != 0, work),
        None => work(false),
    };
    let methods: *const ffi::sqlite3_io_methods = if opened.is_ok() { &METHODS } else { ptr::null() };
    // SAFETY: the memory is SQLite's, as large as `File`. Without methods it is not closed, so it owns nothing then.
    unsafe {
        let of_folder = found.as_ref().is_some_and(|(_, part)| *part != Part::Database);
        let folder = AtomicBool::new(of_folder && flags & ffi::SQLITE_OPEN_CREATE != 0);
        let on = On { disk: found, folder };
        let on = if opened.is_ok() { Box::into_raw(Box::new(on)) } else { ptr::null_mut() };
        file.cast::<File>().write(File { base: ffi::sqlite3_file { pMethods: methods }, on });
    }
    code(opened)
}

unsafe extern "C" fn delete(layer: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // Never synced in truth.
    // SAFETY: the arguments are SQLite's own.
    let work = || unsafe {
        let system = system(layer);
        answer((*system).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(system, name, 0)))
    };
    code(match find(name) {
        Some((disk, part)) => disk.deleting(part, sync_folder != 0, work),
        None => work(),
    })
}

unsafe extern "C" fn access(
    layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    found: *mut c_int,
) -> c_int {
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        let system = system(layer);
        (*system).xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |access| access(system, name, flags, found))
    }
}

unsafe extern "C" fn full_path(
    layer: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    path: *mut c_char,
) -> c_int {
    // SAFETY: the arguments are SQLite's own.
    unsafe {
        let system = system(layer);
        (*system).xFullPathname.map_or(ffi::SQLITE_CANTOPEN, |full| full(system, name, size, path))
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an opened file once; the box is from `open`.
    unsafe {
        let code = forward!(file, xClose);
        drop(Box::from_raw((*file.cast::<File>()).on));
        code
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    size: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the arguments are SQLite's own; the file is open.
    unsafe {
        if let Some((disk, part)) = on(file)
            && let Err(code) = disk.reading(*part)
        {
            return code;
        }
        forward!(file, xRead, buffer, size, offset)
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    size: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the buffer holds `size` bytes, which is never negative; the file is open.
    unsafe {
        let Some((disk, part)) = on(file) else { return forward!(file, xWrite, buffer, size, offset) };
        let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), size as usize);
        let mut now = 0;
        forward!(file, xFileSize, &raw mut now);
        let work = |bytes: &[u8]| {
            answer(forward!(file, xWrite, bytes.as_ptr().cast(), bytes.len() as c_int, offset))
        };
        code(disk.writing(*part, offset as u64, bytes, now as u64, work))
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    unsafe {
        let work = || answer(forward!(file, xTruncate, size));
        code(match on(file) {
            Some((disk, part)) => disk.truncating(*part, size as u64, work),
            None => work(),
        })
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open; see `on`.
    let on = unsafe { &*(*file.cast::<File>()).on };
    let Some((disk, part)) = &on.disk else { return ffi::SQLITE_OK };
    let synced = disk.syncing(*part, on.folder.load(Ordering::SeqCst));
    if synced.is_ok() {
        on.folder.store(false, Ordering::SeqCst);
    }
    code(synced)
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    memory: *mut *mut c_void,
) -> c_int {
    // SAFETY: the arguments are SQLite's own; the file is open.
    unsafe {
        if let Some((disk, _)) = on(file)
            && let Err(code) = disk.mapping(extend != 0)
        {
            return code;
        }
        forward!(file, xShmMap, page, size, extend, memory)
    }
}

/// Functions that are the system's alone.
macro_rules! forwarded {
    ($($name:ident = $function:ident($($argument:ident: $kind:ty),*) $(-> $answer:ty)?;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) $(-> $answer)? {
            // SAFETY: the arguments are SQLite's own; the file is open.
            unsafe { forward!(file, $function $(, $argument)*) }
        }
    )*};
}

forwarded! {
    file_size = xFileSize(size: *mut ffi::sqlite3_int64) -> c_int;
    lock = xLock(level: c_int) -> c_int;
    unlock = xUnlock(level: c_int) -> c_int;
    check_reserved_lock = xCheckReservedLock(locked: *mut c_int) -> c_int;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) -> c_int;
    sector_size = xSectorSize() -> c_int;
    device_characteristics = xDeviceCharacteristics() -> c_int;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    shm_barrier = xShmBarrier();
    shm_unmap = xShmUnmap(delete: c_int) -> c_int;
    fetch = xFetch(offset: ffi::sqlite3_int64, size: c_int, page: *mut *mut c_void) -> c_int;
    unfetch = xUnfetch(offset: ffi::sqlite3_int64, page: *mut c_void) -> c_int;
}
