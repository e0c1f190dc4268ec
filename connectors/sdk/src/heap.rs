//! The memory of a component: what one call needs lies in a place of its own, which is there from the start.
//!
//! A call is short, and gives back all that it took. So each piece is put behind the one before, which is a handful of
//! instructions, and once the last one is given back the place is empty again: for the next call, where there is one. Since
//! it is part of the memory that an instance begins with, a usual call has none added: adding costs a host two system calls.
//! What is large, or what no longer fits, is left to the standard allocator.
#![allow(unsafe_code, reason = "there is no other way to say what an allocator is")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

/// Bytes of the place. A usual webhook takes a quarter of it.
const PLACE_BYTES: usize = 256 << 10;
/// Bytes of the largest piece that is put there: a longer text would soon fill it, since one that grows leaves a hole.
const PIECE_BYTES_MAX: usize = 32 << 10;

/// The allocator of a component: [`connector!`](crate::connector) makes it the global one. Not for several threads, which
/// a component has not.
pub struct Heap {
    place: [AtomicU8; PLACE_BYTES],
    /// Where the next piece goes.
    end: AtomicUsize,
    /// Pieces that were not given back yet.
    pieces: AtomicUsize,
}

impl Heap {
    /// An empty one.
    #[allow(clippy::new_without_default, reason = "for a static")]
    pub const fn new() -> Self {
        Self {
            place: [const { AtomicU8::new(0) }; PLACE_BYTES],
            end: AtomicUsize::new(0),
            pieces: AtomicUsize::new(0),
        }
    }

    fn start(&self) -> *mut u8 {
        self.place.as_ptr().cast_mut().cast()
    }

    /// Where in the place a piece is. None where the standard allocator has it.
    fn offset(&self, piece: *mut u8) -> Option<usize> {
        let offset = piece.addr().wrapping_sub(self.start().addr());
        (offset < PLACE_BYTES).then_some(offset)
    }
}

// SAFETY: a piece of the place begins at its end, at a multiple of its alignment, and ends within it; the end only goes back
// to where the last piece began, or to the start where there is no piece. So no two pieces overlap. The place is of atomics,
// and may be written through a shared reference. All else is the standard allocator's, which gets back only what it gave.
// Not inlined, since there are thousands of places that call it.
unsafe impl GlobalAlloc for Heap {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.start();
        let end = self.end.load(Relaxed);
        let align = layout.align() - 1;
        let offset = ((start.addr() + end + align) & !align) - start.addr();
        if layout.size() > PIECE_BYTES_MAX || offset + layout.size() > PLACE_BYTES {
            // SAFETY: the caller's promises are handed on.
            return unsafe { System.alloc(layout) };
        }
        self.end.store(offset + layout.size(), Relaxed);
        self.pieces.store(self.pieces.load(Relaxed) + 1, Relaxed);
        start.wrapping_add(offset)
    }

    #[inline(never)]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        let Some(offset) = self.offset(piece) else {
            // SAFETY: it is not in the place, so that the standard allocator gave it.
            return unsafe { System.dealloc(piece, layout) };
        };
        let pieces = self.pieces.load(Relaxed) - 1;
        self.pieces.store(pieces, Relaxed);
        if pieces == 0 {
            self.end.store(0, Relaxed);
        } else if offset + layout.size() == self.end.load(Relaxed) {
            self.end.store(offset, Relaxed);
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let Some(offset) = self.offset(piece) else {
            // SAFETY: it is not in the place, so that the standard allocator gave it.
            return unsafe { System.realloc(piece, layout, bytes) };
        };
        let last = offset + layout.size() == self.end.load(Relaxed);
        if last && bytes <= PIECE_BYTES_MAX && offset + bytes <= PLACE_BYTES {
            self.end.store(offset + bytes, Relaxed);
            return piece;
        }
        if bytes <= layout.size() {
            return piece;
        }
        // SAFETY: the caller promises that the layout is that of the piece, and that these bytes make one with its alignment.
        unsafe {
            let longer = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
            if !longer.is_null() {
                longer.copy_from_nonoverlapping(piece, layout.size());
                self.dealloc(piece, layout);
            }
            longer
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap() -> Box<Heap> {
        Box::new(Heap::new())
    }

    fn layout(bytes: usize, align: usize) -> Layout {
        Layout::from_size_align(bytes, align).expect("a layout")
    }

    #[test]
    fn the_place_is_empty_again_once_all_is_given_back() {
        let heap = heap();
        let (small, odd) = (layout(24, 8), layout(3, 1));
        // SAFETY: each piece is given back once, with its layout.
        unsafe {
            let first = heap.alloc(odd);
            let second = heap.alloc(small);
            assert_eq!(second.addr() % 8, 0);
            assert_eq!((heap.offset(first), heap.pieces.load(Relaxed)), (Some(0), 2));
            heap.dealloc(first, odd);
            assert_ne!(heap.end.load(Relaxed), 0, "the second one is still there");
            heap.dealloc(second, small);
            assert_eq!((heap.end.load(Relaxed), heap.pieces.load(Relaxed)), (0, 0));
        }
    }

    #[test]
    fn the_last_piece_grows_where_it_is() {
        let heap = heap();
        // SAFETY: each piece is given back once, with its layout.
        unsafe {
            let piece = heap.alloc(layout(8, 1));
            assert_eq!(heap.realloc(piece, layout(8, 1), 4_096), piece);
            let behind = heap.alloc(layout(8, 1));
            assert_eq!(
                heap.realloc(piece, layout(4_096, 1), 4_000),
                piece,
                "what is no longer used stays a hole"
            );
            assert_ne!(heap.realloc(piece, layout(4_000, 1), 4_001), piece);
            heap.dealloc(behind, layout(8, 1));
        }
    }

    #[test]
    fn what_does_not_fit_comes_from_the_standard_allocator() {
        let heap = heap();
        let (large, part) = (layout(PIECE_BYTES_MAX + 1, 1), layout(PIECE_BYTES_MAX, 1));
        // SAFETY: each piece is given back once, with its layout.
        unsafe {
            let outside = heap.alloc(large);
            assert_eq!(heap.offset(outside), None);
            let parts = PLACE_BYTES / PIECE_BYTES_MAX;
            let pieces: Vec<*mut u8> = (0..=parts).map(|_| heap.alloc(part)).collect();
            assert_eq!(pieces.iter().filter(|piece| heap.offset(**piece).is_none()).count(), 1);
            pieces.into_iter().for_each(|piece| heap.dealloc(piece, part));
            heap.dealloc(outside, large);
        }
        assert_eq!(heap.end.load(Relaxed), 0);
    }

    #[test]
    fn no_piece_touches_another() {
        let heap = heap();
        let mut pieces: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for step in 0..20_000_u32 {
            let mark = step as u8;
            let size = [16, 300, 40_000][random(3) as usize];
            let bytes = 1 + random(size) as usize;
            // SAFETY: each piece is given back once, with its layout, and read and written within it.
            unsafe {
                match random(5) {
                    0 | 1 => {
                        let layout = layout(bytes, 1 << random(5));
                        let piece = heap.alloc(layout);
                        assert_eq!(piece.addr() % layout.align(), 0);
                        piece.write_bytes(mark, bytes);
                        pieces.push((piece, layout, mark));
                    }
                    2 if !pieces.is_empty() => {
                        let (piece, old, mark) = pieces.pop().expect("a piece");
                        let longer = heap.realloc(piece, old, bytes);
                        let kept = old.size().min(bytes);
                        assert!(std::slice::from_raw_parts(longer, kept).iter().all(|byte| *byte == mark));
                        longer.write_bytes(mark, bytes);
                        pieces.push((longer, layout(bytes, old.align()), mark));
                    }
                    _ if !pieces.is_empty() => {
                        let (piece, layout, mark) = pieces.swap_remove(random(pieces.len() as u64) as usize);
                        let held = std::slice::from_raw_parts(piece, layout.size());
                        assert!(held.iter().all(|byte| *byte == mark));
                        heap.dealloc(piece, layout);
                    }
                    _ => {}
                }
            }
        }
        // SAFETY: each piece is given back once, with its layout.
        pieces.into_iter().for_each(|(piece, layout, _)| unsafe { heap.dealloc(piece, layout) });
        assert_eq!((heap.end.load(Relaxed), heap.pieces.load(Relaxed)), (0, 0));
    }
}
