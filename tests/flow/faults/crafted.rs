//! Components that no compiler makes: written byte by byte, so that they break the canonical ABI itself.
//!
//! One component answers as the first byte of the webhook says ([`ANSWERS`]); others cannot be loaded ([`UNLOADABLE`]) or
//! break the protocol between a component and its host ([`BROKEN`]).

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, MemArg, MemorySection, MemoryType, Module, StartSection, TypeSection, ValType,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use crate::host::root;

/// Where the pointers to the answers are, four bytes each.
const POINTERS: u32 = 4_096;
/// Where the answers are, 64 bytes each.
const ANSWERS_AT: u32 = 8_192;
/// Where many equal headers are. Their value is the nothing at the end of the memory.
const HEADERS_AT: u32 = 131_072;
const HEADERS: u32 = 4_096;
const NOTHING_AT: u32 = 720_896;
/// Where a host may write.
const HEAP: u32 = 524_288;
/// 64 KiB each.
const PAGES: u64 = 16;

/// By the first byte of the webhook, from `a` on: what is answered, and what it counts as.
pub const ANSWERS: &[(&str, &str)] = &[
    ("an honest answer", "accepted"),
    ("a case that does not exist", "trap"),
    ("a body that ends outside of the memory", "trap"),
    ("a body of 4 GiB", "trap"),
    ("a text that is not UTF-8", "trap"),
    ("a text with half of a surrogate pair", "trap"),
    ("a reason that does not exist", "trap"),
    ("a list whose size overflows", "trap"),
    ("4,096 headers that share one text", "answer_size"),
    ("10 million events that are nowhere", "trap"),
    ("an event of zeros, so without an id", "contract"),
    ("an answer outside of the memory", "trap"),
    ("an answer that is not aligned", "trap"),
    ("a refusal with status 65535", "contract"),
];

/// Components that load, and always end so.
pub const BROKEN: &[(&str, &str)] =
    &[("realloc-outside", "trap"), ("realloc-traps", "trap"), ("cleanup-traps", "trap")];

/// Components that cannot be loaded, and a part of what is said about each.
pub const UNLOADABLE: &[(&str, &str)] = &[
    ("start-traps", "did not tell its manifest"),
    ("start-loops", "did not tell its manifest"),
    ("memory-large", "is not a component"),
    ("manifest-traps", "did not tell its manifest"),
    ("manifest-loops", "did not tell its manifest"),
    ("manifest-not-utf-8", "did not tell its manifest"),
    ("manifest-large", "did not tell its manifest"),
    ("manifest-rubbish", "manifest of"),
    ("another-name", "says that it is"),
];

/// A component by its name.
pub fn component(name: &str) -> Vec<u8> {
    let module = module(name);
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

fn manifest(id: &str) -> String {
    format!(
        "manifest_version = 1\nid = \"{id}\"\ntitle = \"Crafted\"\nversion = \"0.1.0\"\nsummary = \"Breaks rules.\"\n\
         documentation = \"https://example.com\"\nmethods = [\"POST\"]\n[limits]\ntime_ms_max = 100\n\
         memory_bytes_max = 16777216\nbody_bytes_max = 1048576\n"
    )
}

/// Bytes of an answer: little-endian words, the first of them the case.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// `answer`: status, headers, body, events; lists as pointer and length.
fn answer(headers: [u32; 2], body: [u32; 2], events: [u32; 2]) -> Vec<u8> {
    words(&[1, 200, headers[0], headers[1], body[0], body[1], events[0], events[1]])
}

/// `refuse`: reason with its text, status, detail.
fn refuse(reason: u32, status: u32, detail: [u32; 2]) -> Vec<u8> {
    words(&[2, reason, 0, 0, status, detail[0], detail[1]])
}

/// The answers in the order of [`ANSWERS`], and texts behind them.
fn answers(data: &mut DataSection) -> Vec<u32> {
    const TEXTS: u32 = 1_024;
    data.active(0, &ConstExpr::i32_const(TEXTS as i32), *b"\xff\xfe\x80\xed\xa0\x80");
    let none = [0, 0];
    let all = [
        answer(none, none, none),
        words(&[9]),
        answer(none, [PAGES as u32 * 65_536 - 8, 100], none),
        answer(none, [0, u32::MAX], none),
        refuse(6, 400, [TEXTS, 3]),
        refuse(6, 400, [TEXTS + 3, 3]),
        refuse(200, 400, none),
        answer([HEADERS_AT, 0x2000_0000], none, none),
        answer([HEADERS_AT, HEADERS], none, none),
        answer(none, none, [0, 10_000_000]),
        answer(none, none, [NOTHING_AT, 1]),
        Vec::new(),
        answer(none, none, none),
        refuse(6, 65_535, none),
    ];
    assert_eq!(all.len(), ANSWERS.len());
    let mut pointers = Vec::new();
    for (index, bytes) in all.into_iter().enumerate() {
        let at = ANSWERS_AT + 64 * index as u32;
        data.active(0, &ConstExpr::i32_const(at as i32), bytes);
        pointers.push(match ANSWERS[index].0 {
            "an answer outside of the memory" => 0xffff_fff0,
            "an answer that is not aligned" => ANSWERS_AT + 1,
            _ => at,
        });
    }
    pointers
}

fn module(name: &str) -> Vec<u8> {
    let mut types = TypeSection::new();
    let (i32_, i64_) = (ValType::I32, ValType::I64);
    types.ty().function([], [i32_]);
    let receive = [[i32_; 10].as_slice(), &[i64_, i32_, i32_]].concat();
    types.ty().function(receive, [i32_]);
    types.ty().function([i32_; 4], [i32_]);
    types.ty().function([], []);
    types.ty().function([i32_], []);

    let mut functions = FunctionSection::new();
    [0, 1, 2, 3, 4].into_iter().for_each(|index| {
        functions.function(index);
    });
    let mut memories = MemorySection::new();
    let minimum = if name == "memory-large" { 4_096 } else { PAGES };
    memories.memory(MemoryType {
        minimum,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let heap = GlobalType { val_type: i32_, mutable: true, shared: false };
    globals.global(heap, &ConstExpr::i32_const(HEAP as i32));

    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("trunkline:connector/about@0.1.0#manifest", ExportKind::Func, 0);
    exports.export("trunkline:connector/inbound@0.1.0#receive", ExportKind::Func, 1);
    exports.export("cabi_realloc", ExportKind::Func, 2);
    if name == "cleanup-traps" {
        exports.export("cabi_post_trunkline:connector/inbound@0.1.0#receive", ExportKind::Func, 4);
    }

    let mut data = DataSection::new();
    let text = match name {
        "manifest-rubbish" => "= [".to_owned(),
        "another-name" => manifest("crafted"),
        name => manifest(name),
    };
    let (text_at, text_len) = match name {
        "manifest-not-utf-8" => (1_024, 3),
        "manifest-large" => (2_048, 1 << 30),
        _ => (2_048, text.len() as u32),
    };
    data.active(0, &ConstExpr::i32_const(512), words(&[text_at, text_len]));
    data.active(0, &ConstExpr::i32_const(2_048), text.into_bytes());
    let pointers = answers(&mut data);
    data.active(0, &ConstExpr::i32_const(POINTERS as i32), words(&pointers));
    let header = words(&[2_048, 5, NOTHING_AT, 65_000]);
    data.active(0, &ConstExpr::i32_const(HEADERS_AT as i32), header.repeat(HEADERS as usize));

    let mut codes = CodeSection::new();
    for code in code(name) {
        codes.function(&code);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&exports);
    if name.starts_with("start-") {
        module.section(&StartSection { function_index: 3 });
    }
    module.section(&codes).section(&data);
    let mut bytes = module.finish();
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).expect("`wit/` parses");
    let world = resolve.select_world(&[package], Some("connector")).expect("the world");
    embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8).expect("a module of ours");
    bytes
}

/// `manifest`, `receive`, `realloc`, `start`, `cleanup`.
fn code(name: &str) -> [Function; 5] {
    use wasm_encoder::BlockType;
    let traps = |function: &mut Function| {
        function.instructions().unreachable().end();
    };
    let loops = |function: &mut Function| {
        function.instructions().loop_(BlockType::Empty).br(0).end().unreachable().end();
    };
    let [mut manifest, mut receive, mut realloc, mut start, mut cleanup] =
        std::array::from_fn(|_| Function::new([]));
    match name {
        "manifest-traps" => traps(&mut manifest),
        "manifest-loops" => loops(&mut manifest),
        _ => {
            manifest.instructions().i32_const(512).end();
        }
    }
    let at = |offset: u32, align| MemArg { offset: u64::from(offset), align, memory_index: 0 };
    // The pointer at the place that the first byte of the body stands for.
    let mut steps = receive.instructions();
    steps.local_get(6).i32_load8_u(at(0, 0)).i32_const(i32::from(b'a')).i32_sub();
    steps.i32_const(2).i32_shl().i32_load(at(POINTERS, 2)).end();
    match name {
        "realloc-traps" => traps(&mut realloc),
        "realloc-outside" => {
            realloc.instructions().i32_const(-16).end();
        }
        _ => {
            // The heap moves on by the size, rounded up to eight.
            let mut steps = realloc.instructions();
            steps.global_get(0).global_get(0).local_get(3).i32_add();
            steps.i32_const(7).i32_add().i32_const(-8).i32_and().global_set(0).end();
        }
    }
    match name {
        "start-loops" => loops(&mut start),
        _ => traps(&mut start),
    }
    traps(&mut cleanup);
    [manifest, receive, realloc, start, cleanup]
}
