//! What is on the disk, as opposed to what a program sees: everything up to the last sync of a file, and of what came
//! later any part.
//!
//! After a power loss each later write is there, is not there, or is there in some of its sectors, whatever the
//! order; a file that was never synced with its folder may be missing, and one that was deleted may be back.

use fastrand::Rng;

/// What a disk writes as a whole.
const SECTOR: u64 = 512;

/// One of the files of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The database.
    Database,
    /// The write-ahead log.
    Log,
    /// The rollback journal: only until the database is in WAL mode.
    Rollback,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Database, Self::Log, Self::Rollback];

    /// What follows the name of the database.
    pub fn suffix(self) -> &'static str {
        ["", "-wal", "-journal"][self as usize]
    }
}

/// What happened to a file.
#[derive(Debug, Clone)]
pub enum Step {
    Created(Part),
    Deleted {
        part: Part,
        folder_synced: bool,
    },
    Written {
        part: Part,
        offset: u64,
        bytes: Vec<u8>,
    },
    Truncated {
        part: Part,
        size: u64,
    },
    /// `folder`: and with it the folder, with all its names.
    Synced {
        part: Part,
        folder: bool,
    },
    /// What was to be synced was written or not, and no later sync tries again.
    SyncFailed(Part),
    /// What the program sees is written anew.
    Rewritten {
        part: Part,
        bytes: Vec<u8>,
    },
}

/// The files of one folder.
#[derive(Debug, Clone, Default)]
pub struct Shadow {
    names: [Name; 3],
}

/// What stands under one name.
#[derive(Debug, Clone, Default)]
struct Name {
    current: Option<File>,
    /// What the folder on disk has under this name, where that is another file.
    earlier: Option<File>,
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    later: Vec<Change>,
    /// The folder that names it is on disk.
    linked: bool,
}

#[derive(Debug, Clone)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Size(u64),
}

/// How much of what was not synced is there.
#[derive(Debug, Clone, Copy)]
enum Luck {
    /// As after the end of the process: everything.
    All,
    Nothing,
    /// Each change by itself; some are torn.
    Some,
    /// Everything up to some change, which is torn.
    Prefix,
}

/// The files after a power loss, by [`Part`].
pub type Image = [Option<Vec<u8>>; 3];

impl Shadow {
    /// Files that are on disk.
    pub fn of(image: &Image) -> Self {
        let name = |bytes: &Option<Vec<u8>>| Name {
            current: bytes.clone().map(|synced| File { synced, later: Vec::new(), linked: true }),
            earlier: None,
        };
        Self { names: [name(&image[0]), name(&image[1]), name(&image[2])] }
    }

    /// Takes over a step. The seed decides what a failed sync has written.
    pub fn apply(&mut self, step: &Step, random: &mut Rng) {
        match step {
            Step::Created(part) => {
                self.names[*part as usize].current.get_or_insert_default();
            }
            Step::Deleted { part, folder_synced } => {
                let name = &mut self.names[*part as usize];
                if let Some(file) = name.current.take().filter(|file| file.linked) {
                    name.earlier = Some(file);
                }
                if *folder_synced {
                    self.sync_folder();
                }
            }
            Step::Written { part, offset, bytes } => {
                self.file(*part).later.push(Change::Write { offset: *offset, bytes: bytes.clone() });
            }
            Step::Truncated { part, size } => self.file(*part).later.push(Change::Size(*size)),
            Step::Synced { part, folder } => {
                self.file(*part).sync();
                if *folder {
                    self.sync_folder();
                }
            }
            Step::SyncFailed(part) => {
                let file = self.file(*part);
                file.synced = file.image(Luck::Some, random);
                file.later.clear();
            }
            Step::Rewritten { part, bytes } => {
                let file = self.file(*part);
                file.synced.clone_from(bytes);
                file.later.clear();
            }
        }
    }

    /// What a power loss leaves.
    pub fn after_power_loss(&self, random: &mut Rng) -> Image {
        let luck = [Luck::All, Luck::Nothing, Luck::Some, Luck::Some, Luck::Prefix][random.usize(..5)];
        let mut image = |name: &Name| {
            let file = match &name.current {
                Some(file) if file.linked => Some(file),
                current => [current.as_ref(), name.earlier.as_ref()][random.usize(..2)],
            };
            file.map(|file| file.image(luck, random))
        };
        [image(&self.names[0]), image(&self.names[1]), image(&self.names[2])]
    }

    fn file(&mut self, part: Part) -> &mut File {
        self.names[part as usize].current.get_or_insert_default()
    }

    fn sync_folder(&mut self) {
        for name in &mut self.names {
            name.earlier = None;
            if let Some(file) = &mut name.current {
                file.linked = true;
            }
        }
    }
}

impl File {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.later) {
            change.apply(&mut self.synced);
        }
    }

    fn image(&self, luck: Luck, random: &mut Rng) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        let last = if self.later.is_empty() { 0 } else { random.usize(..self.later.len()) };
        for (index, change) in self.later.iter().enumerate() {
            let (kept, torn) = match luck {
                Luck::All => (true, false),
                Luck::Nothing => (false, false),
                Luck::Some => (random.bool(), random.u8(..4) == 0),
                Luck::Prefix => (index <= last, index == last),
            };
            if torn {
                change.tear(&mut bytes, random);
            } else if kept {
                change.apply(&mut bytes);
            }
        }
        bytes
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => write(file, *offset, bytes),
            Self::Size(size) => file.resize(*size as usize, 0),
        }
    }

    /// Some of its sectors are written.
    fn tear(&self, file: &mut Vec<u8>, random: &mut Rng) {
        let Self::Write { offset, bytes } = self else { return self.apply(file) };
        let mut at = 0;
        while at < bytes.len() as u64 {
            let sector_end = (offset + at) / SECTOR * SECTOR + SECTOR;
            let end = (sector_end - offset).min(bytes.len() as u64);
            if random.bool() {
                write(file, offset + at, &bytes[at as usize..end as usize]);
            }
            at = end;
        }
    }
}

fn write(file: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let (start, end) = (offset as usize, offset as usize + bytes.len());
    if file.len() < end {
        file.resize(end, 0);
    }
    file[start..end].copy_from_slice(bytes);
}

#[test]
fn what_was_synced_is_there_and_of_the_rest_any_part() {
    let mut random = Rng::with_seed(1);
    let mut shadow = Shadow::default();
    let part = Part::Log;
    let write = |offset, byte| Step::Written { part, offset, bytes: vec![byte; 1_024] };
    let synced = Step::Synced { part, folder: true };
    for step in [Step::Created(part), write(0, 1), synced, write(0, 2), write(1_024, 3)] {
        shadow.apply(&step, &mut random);
    }
    let mut images = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let image = shadow.after_power_loss(&mut random)[part as usize].clone().expect("it was synced");
        let sectors: Vec<u8> = image.chunks(SECTOR as usize).map(|sector| sector[0]).collect();
        assert!(sectors[..2].iter().all(|byte| [1, 2].contains(byte)), "{sectors:?}");
        assert!(sectors[2..].iter().all(|byte| [0, 3].contains(byte)), "{sectors:?}");
        images.insert(sectors);
    }
    for expected in [&[1_u8, 1][..], &[2, 2, 3, 3], &[1, 2, 0, 3], &[2, 1]] {
        assert!(images.contains(expected), "{expected:?} is not among {} images", images.len());
    }
}

#[test]
fn a_file_that_was_never_synced_may_be_missing_and_a_deleted_one_back() {
    let mut random = Rng::with_seed(1);
    let mut shadow = Shadow::default();
    shadow.apply(&Step::Created(Part::Database), &mut random);
    let mut there = |shadow: &Shadow, part: Part| {
        let images = (0..50).map(|_| shadow.after_power_loss(&mut random)[part as usize].is_some());
        let there = images.filter(|there| *there).count();
        [there > 0, there == 50]
    };
    assert_eq!(there(&shadow, Part::Database), [true, false]);
    let mut unused = Rng::with_seed(1);
    for step in [Step::Created(Part::Log), Step::Synced { part: Part::Log, folder: true }] {
        shadow.apply(&step, &mut unused);
    }
    assert_eq!((there(&shadow, Part::Database), there(&shadow, Part::Log)), ([true, true], [true, true]));
    shadow.apply(&Step::Deleted { part: Part::Log, folder_synced: false }, &mut unused);
    assert_eq!(there(&shadow, Part::Log), [true, false]);
    shadow.apply(&Step::Deleted { part: Part::Log, folder_synced: true }, &mut unused);
    assert_eq!(there(&shadow, Part::Log), [false, false]);
}
