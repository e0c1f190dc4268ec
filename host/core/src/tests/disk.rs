//! A disk as the tests want it: it records what is done, fails when told to, and loses power at a chosen moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use rusqlite::ffi;
use tokio::sync::watch;

use super::shadow::{Image, Part, Shadow, Step};
use super::{layer, settings};
use crate::journal::{Execution, FILE_NAME, Storage};

/// What is wrong with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No file can grow.
    Full,
    /// Nothing can be written, and files open for reading only.
    ReadOnly,
    /// Writes end halfway.
    Write,
    /// Nothing can be read.
    Read,
    /// Syncs fail: what they were to write is on disk or is not.
    Sync,
}

/// The fault, which files it meets, and how many operations more.
#[derive(Debug, Clone, Copy)]
struct Failing {
    fault: Fault,
    part: Option<Part>,
    times: u64,
}

/// One folder, with one database.
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
    /// Syncs wait while it is true.
    held: Mutex<bool>,
    released: Condvar,
    power: watch::Sender<bool>,
}

struct State {
    shadow: Shadow,
    random: Rng,
    /// Steps since the start; the record of them, if there is one.
    count: u64,
    record: Option<Vec<Step>>,
    failing: Option<Failing>,
    /// The power fails before this step.
    power_until: u64,
    failures: u64,
}

/// Disks by their folder: the layer finds them when SQLite opens a file.
static DISKS: Mutex<BTreeMap<PathBuf, Arc<Disk>>> = Mutex::new(BTreeMap::new());

fn disks() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Disk>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// A disk for a folder that exists, with what is in the image.
    pub fn mount(folder: &Path, image: &Image, seed: u64) -> Arc<Self> {
        layer::register();
        std::fs::create_dir_all(folder).unwrap();
        for part in Part::ALL {
            if let Some(bytes) = &image[part as usize] {
                std::fs::write(file_of(folder, part), bytes).unwrap();
            }
        }
        let state = State {
            shadow: Shadow::of(image),
            random: Rng::with_seed(seed),
            count: 0,
            record: None,
            failing: None,
            power_until: u64::MAX,
            failures: 0,
        };
        let disk = Arc::new(Self {
            folder: folder.to_owned(),
            state: Mutex::new(state),
            held: Mutex::new(false),
            released: Condvar::new(),
            power: watch::Sender::new(true),
        });
        disks().insert(folder.to_owned(), Arc::clone(&disk));
        disk
    }

    /// The disk that a file is on, and which file it is.
    pub fn find(file: &Path) -> Option<(Arc<Self>, Part)> {
        let disk = disks().get(file.parent()?).cloned()?;
        let name = file.file_name()?.to_str()?;
        let part = Part::ALL.into_iter().find(|part| name.strip_prefix(FILE_NAME) == Some(part.suffix()))?;
        Some((disk, part))
    }

    /// Takes the disk away, with its files.
    pub fn unmount(&self) {
        disks().remove(&self.folder);
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    /// How a journal opens its database on this disk.
    pub fn storage(&self, execution: Execution) -> Storage {
        Storage {
            busy_wait: Duration::from_millis(200),
            layer: Some(layer::NAME),
            execution,
            ..Storage::at(&file_of(&self.folder, Part::Database))
        }
    }

    /// From now on every step is kept.
    pub fn record(&self) {
        self.state().record = Some(Vec::new());
    }

    /// Does something with the record while no step is added to it.
    pub fn with_record<T>(&self, look: impl FnOnce(&mut Vec<Step>) -> T) -> T {
        look(self.state().record.get_or_insert_default())
    }

    /// The files after a power loss now.
    pub fn after_power_loss(&self, random: &mut Rng) -> Image {
        self.state().shadow.after_power_loss(random)
    }

    /// The power fails before the step that comes after so many others.
    pub fn lose_power_after(&self, steps: u64) {
        let mut state = self.state();
        state.power_until = state.count + steps;
    }

    /// Becomes false when the power has failed.
    pub fn power(&self) -> watch::Receiver<bool> {
        self.power.subscribe()
    }

    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.state().count
    }

    /// So many operations fail from now on.
    pub fn fail(&self, fault: Fault, part: Option<Part>, times: u64) {
        self.state().failing = Some(Failing { fault, part, times });
    }

    /// All is well again. How many operations have failed since the last time.
    pub fn mend(&self) -> u64 {
        let mut state = self.state();
        state.failing = None;
        std::mem::take(&mut state.failures)
    }

    /// Syncs wait from now on, or no longer.
    pub fn hold_syncs(&self, held: bool) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
        self.released.notify_all();
    }

    /// What is read of a file is about to be written back and synced, beside SQLite.
    pub fn rewriting(&self, part: Part) -> std::io::Result<()> {
        let failed = |_| std::io::Error::other("the disk does not take it");
        let mut state = self.state();
        for faults in [&[Fault::ReadOnly, Fault::Write][..], &[Fault::Sync]] {
            state.step(&self.power, ffi::SQLITE_IOERR).map_err(failed)?;
            if let Some(fault) = state.fails(part, faults) {
                return Err(failed(fault as std::ffi::c_int));
            }
        }
        let bytes = std::fs::read(file_of(&self.folder, part))?;
        state.add(Step::Rewritten { part, bytes });
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a file is.
pub fn file_of(folder: &Path, part: Part) -> PathBuf {
    folder.join(format!("{FILE_NAME}{}", part.suffix()))
}

/// A folder in memory for one test's disks.
pub fn folder() -> tempfile::TempDir {
    settings::folder()
}

/// What SQLite is told.
type Answer = Result<(), std::ffi::c_int>;

/// Asked by the layer. What is done under the lock is in the record in the order in which it was done.
impl Disk {
    pub fn opening(&self, part: Part, writing: bool, work: impl FnOnce(bool) -> Answer) -> Answer {
        let mut state = self.state();
        state.powered(&self.power, ffi::SQLITE_CANTOPEN)?;
        let read_only = writing && state.fails(part, &[Fault::ReadOnly]).is_some();
        let existed = file_of(&self.folder, part).exists();
        if read_only && !existed {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        work(read_only)?;
        if !existed && file_of(&self.folder, part).exists() {
            state.add(Step::Created(part));
        }
        Ok(())
    }

    pub fn reading(&self, part: Part) -> Answer {
        let mut state = self.state();
        state.powered(&self.power, ffi::SQLITE_IOERR_READ)?;
        match state.fails(part, &[Fault::Read]) {
            Some(_) => Err(ffi::SQLITE_IOERR_READ),
            None => Ok(()),
        }
    }

    pub fn writing(
        &self,
        part: Part,
        offset: u64,
        bytes: &[u8],
        size: u64,
        work: impl Fn(&[u8]) -> Answer,
    ) -> Answer {
        let mut state = self.state();
        state.step(&self.power, ffi::SQLITE_IOERR_WRITE)?;
        let grows = offset + bytes.len() as u64 > size;
        let faults: &[Fault] = if grows {
            &[Fault::Full, Fault::ReadOnly, Fault::Write]
        } else {
            &[Fault::ReadOnly, Fault::Write]
        };
        let (written, answer) = match state.fails(part, faults) {
            None => (bytes, Ok(())),
            Some(Fault::ReadOnly) => (&[][..], Err(ffi::SQLITE_IOERR_WRITE)),
            Some(Fault::Full) => (&bytes[..bytes.len() / 2], Err(ffi::SQLITE_FULL)),
            Some(_) => (&bytes[..bytes.len() / 2], Err(ffi::SQLITE_IOERR_WRITE)),
        };
        if !written.is_empty() {
            work(written)?;
            state.add(Step::Written { part, offset, bytes: written.to_vec() });
        }
        answer
    }

    pub fn truncating(&self, part: Part, size: u64, work: impl FnOnce() -> Answer) -> Answer {
        let mut state = self.state();
        state.step(&self.power, ffi::SQLITE_IOERR_TRUNCATE)?;
        if state.fails(part, &[Fault::ReadOnly, Fault::Write]).is_some() {
            return Err(ffi::SQLITE_IOERR_TRUNCATE);
        }
        work()?;
        state.add(Step::Truncated { part, size });
        Ok(())
    }

    /// Nothing is synced in truth: what would be lost is decided by the shadow.
    pub fn syncing(&self, part: Part, folder: bool) -> Answer {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let bound = Duration::from_secs(60);
        drop(self.released.wait_timeout_while(held, bound, |held| *held));
        let mut state = self.state();
        state.step(&self.power, ffi::SQLITE_IOERR_FSYNC)?;
        match state.fails(part, &[Fault::Sync]) {
            Some(_) => {
                state.add(Step::SyncFailed(part));
                Err(ffi::SQLITE_IOERR_FSYNC)
            }
            None => {
                state.add(Step::Synced { part, folder });
                Ok(())
            }
        }
    }

    pub fn deleting(&self, part: Part, folder_synced: bool, work: impl FnOnce() -> Answer) -> Answer {
        let mut state = self.state();
        state.step(&self.power, ffi::SQLITE_IOERR_DELETE)?;
        if state.fails(part, &[Fault::ReadOnly]).is_some() {
            return Err(ffi::SQLITE_IOERR_DELETE);
        }
        work()?;
        state.add(Step::Deleted { part, folder_synced });
        Ok(())
    }

    /// The index of the log is a file as well.
    pub fn mapping(&self, grows: bool) -> Answer {
        let mut state = self.state();
        state.powered(&self.power, ffi::SQLITE_IOERR_SHMMAP)?;
        match state.fails(Part::Log, if grows { &[Fault::Full] } else { &[] }) {
            Some(_) => Err(ffi::SQLITE_IOERR_SHMSIZE),
            None => Ok(()),
        }
    }
}

impl State {
    fn add(&mut self, step: Step) {
        self.shadow.apply(&step, &mut self.random);
        if let Some(record) = &mut self.record {
            record.push(step);
        }
    }

    fn powered(&self, power: &watch::Sender<bool>, code: std::ffi::c_int) -> Answer {
        if self.count < self.power_until {
            return Ok(());
        }
        power.send_if_modified(|on| std::mem::replace(on, false));
        Err(code)
    }

    fn step(&mut self, power: &watch::Sender<bool>, code: std::ffi::c_int) -> Answer {
        self.powered(power, code)?;
        self.count += 1;
        Ok(())
    }

    fn fails(&mut self, part: Part, faults: &[Fault]) -> Option<Fault> {
        let failing = self.failing.as_mut()?;
        let met = failing.part.is_none_or(|of| of == part) && faults.contains(&failing.fault);
        if !met || failing.times == 0 {
            return None;
        }
        failing.times -= 1;
        self.failures += 1;
        Some(failing.fault)
    }
}
