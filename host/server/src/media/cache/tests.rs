//! The cache on a real disk: kept over a restart, bounded, and never a damaged file.

use std::io::Write as _;
use std::time::Duration;

use super::*;

async fn put(cache: &Cache, id: &str, content: &[u8]) -> u64 {
    let path = cache.place().await.expect("a place");
    let mut file = std::fs::File::create(&path).expect("a file");
    file.write_all(content).expect("written");
    let facts = Facts {
        id: id.to_owned(),
        content_type: "image/png".to_owned(),
        size: content.len() as u64,
        sha256: hex::encode(Sha256::digest(content)),
    };
    let bytes = entry::finish(&file, &facts).expect("written");
    cache.put(path, &facts, bytes).await.expect("taken over");
    bytes
}

fn content(stored: &Stored) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(stored.facts.size).expect("small")];
    assert_eq!(entry::read_at(&stored.file, &mut bytes, 0).expect("readable"), bytes.len());
    bytes
}

#[tokio::test]
async fn a_file_is_kept_over_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("media");
    let cache = Cache::new(path.clone(), 1 << 20);
    assert!(cache.get("evt_1.0").await.is_none());
    put(&cache, "evt_1.0", b"picture").await;
    assert!(cache.has("evt_1.0"));
    // Of a run that was killed while it arrived.
    std::fs::write(cache.place().await.expect("a place"), b"half").expect("written");
    let cache = Cache::new(path.clone(), 1 << 20);
    assert!(!cache.has("evt_1.0"), "nothing was read yet");
    let stored = cache.get("evt_1.0").await.expect("kept");
    assert_eq!(content(&stored), b"picture");
    assert!(!path.join(ARRIVING).exists());
    let name = name("evt_1.0");
    assert!(path.join(&name[..2]).join(&name).is_file());
}

#[tokio::test]
async fn the_total_is_bounded_also_where_the_bound_was_lowered() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path().to_owned(), 3_000);
    let bytes = put(&cache, "evt_1.0", &[1; 1_000]).await;
    put(&cache, "evt_2.0", &[2; 1_000]).await;
    assert!(cache.get("evt_1.0").await.is_some());
    put(&cache, "evt_3.0", &[3; 1_000]).await;
    assert!(cache.get("evt_2.0").await.is_none(), "it was not asked for the longest");
    let older = SystemTime::now() - Duration::from_secs(60);
    let name = name("evt_1.0");
    let file = std::fs::File::options().append(true).open(folder.path().join(&name[..2]).join(&name));
    file.expect("kept").set_modified(older).expect("a time");
    let cache = Cache::new(folder.path().to_owned(), bytes + 10);
    assert!(cache.get("evt_1.0").await.is_none());
    assert_eq!(content(&cache.get("evt_3.0").await.expect("the younger one")), [3; 1_000]);
    let cache = Cache::new(folder.path().to_owned(), 0);
    assert!(cache.get("evt_3.0").await.is_none());
    put(&cache, "evt_4.0", b"picture").await;
    assert!(cache.get("evt_4.0").await.is_none(), "none is kept");
    let left = std::fs::read_dir(folder.path().join(ARRIVING)).expect("a folder").count();
    assert_eq!(left, 0, "nor left behind");
}

#[tokio::test]
async fn a_damaged_file_is_never_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path().to_owned(), 1 << 20);
    put(&cache, "evt_1.0", b"picture").await;
    put(&cache, "evt_2.0", b"picture").await;
    let path = |id: &str| folder.path().join(&name(id)[..2]).join(name(id));
    let mut bytes = std::fs::read(path("evt_1.0")).expect("kept");
    std::fs::write(path("evt_2.0"), &bytes[..20]).expect("written");
    assert!(cache.get("evt_2.0").await.is_none(), "cut");
    assert!(!path("evt_2.0").exists());
    bytes[0] ^= 1;
    std::fs::write(path("evt_1.0"), bytes).expect("written");
    let cache = Cache::new(folder.path().to_owned(), 1 << 20);
    assert!(cache.get("evt_1.0").await.is_none(), "other bytes, found after a restart");
    put(&cache, "evt_1.0", b"picture").await;
    assert_eq!(content(&cache.get("evt_1.0").await.expect("again")), b"picture");
}

#[tokio::test]
async fn a_file_that_is_being_read_may_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path().to_owned(), 1_500);
    put(&cache, "evt_1.0", &[1; 1_000]).await;
    let stored = cache.get("evt_1.0").await.expect("kept");
    put(&cache, "evt_2.0", &[2; 1_000]).await;
    assert!(cache.get("evt_1.0").await.is_none());
    assert_eq!(content(&stored), [1; 1_000]);
}

#[tokio::test]
async fn what_is_forgotten_is_on_no_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = Cache::new(folder.path().to_owned(), 1 << 20);
    for id in ["evt_1.0", "evt_1.1"] {
        put(&cache, id, b"picture").await;
    }
    cache.forget("evt_1.0").await;
    cache.forget("evt_2.0").await;
    assert!(cache.get("evt_1.0").await.is_none());
    assert!(!folder.path().join(&name("evt_1.0")[..2]).join(name("evt_1.0")).exists());
    assert_eq!(content(&cache.get("evt_1.1").await.expect("the other")), b"picture");
}
