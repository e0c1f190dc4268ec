//! Examples, and a comparison with `multer`.

use super::*;

fn names<'a>(parts: &'a [Part<'a>]) -> Vec<(&'a str, &'a [u8])> {
    parts.iter().map(|part| (part.name.as_str(), part.body)).collect()
}

#[test]
fn fields_and_files() {
    let body = b"preamble\r\n--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b1 \r\n\
                 content-disposition: form-data; name=\"f\"; filename=\"x.bin\"; filename*=utf-8''na%C3%AFve.bin\r\n\
                 Content-Type: Image/PNG; x=y\r\n\r\n\r\n--b1x\r\n\0\r\n--b1--\r\nepilogue";
    let parts = parse("multipart/form-data; boundary=\"b1\"", body).expect("well-formed");
    assert_eq!(names(&parts), [("a", &b"1"[..]), ("f", &b"\r\n--b1x\r\n\0"[..])]);
    assert_eq!(parts[1].file_name.as_deref(), Some("naïve.bin"));
    assert_eq!(parts[1].content_type.as_deref(), Some("image/png"));
    assert_eq!((&parts[0].file_name, &parts[0].content_type), (&None, &None));
}

#[test]
fn what_is_written_is_read() {
    let part = Part {
        name: "a\"".into(),
        file_name: Some("é.txt".into()),
        content_type: Some("text/plain".into()),
        body: b"",
    };
    let body = encode("b1", std::slice::from_ref(&part));
    let parts = parse("multipart/form-data; boundary=b1", &body).expect("well-formed");
    assert_eq!(parts, [Part { name: "a".into(), ..part }]);
}

#[test]
fn broken_forms_are_errors() {
    let head = "--b\r\nContent-Disposition: form-data; name=a\r\n";
    for body in [
        String::new(),
        "--c--".into(),
        "--b".into(),
        "--b\r\n--b--".into(),
        format!("{head}\r\n1"),
        format!("{head}\r\n1\r\n--b"),
        format!("{head}\r\n--b--"),
        "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--".into(),
        "--b\r\n\r\n1\r\n--b--".into(),
        format!("--b\r\nX: {}\r\n\r\n1\r\n--b--", "x".repeat(HEADERS_SIZE_MAX)),
        format!("{}--b--", format!("{head}\r\n1\r\n").repeat(PARTS_MAX + 1)),
    ] {
        assert!(
            parse("multipart/form-data; boundary=b", body.as_bytes()).is_err(),
            "{}",
            &body[..body.len().min(200)]
        );
    }
    for content_type in
        ["multipart/form-data", "multipart/form-data; boundary=", "", "multipart/form-data; boundary=\"\""]
    {
        assert!(parse(content_type, b"--\r\n\r\n--").is_err(), "{content_type}");
    }
    assert_eq!(parse("multipart/form-data; boundary=b", b"--b--"), Ok(Vec::new()));
}

/// What `multer` reads of a form, or None where it finds it broken.
fn oracle(body: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::copy_from_slice(body))]);
    let mut form = multer::Multipart::new(stream, "bB");
    let read = async {
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.ok()? {
            parts.push((field.name()?.to_owned(), field.bytes().await.ok()?.to_vec()));
        }
        Some(parts)
    };
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(read).poll(&mut context) {
        std::task::Poll::Ready(parts) => parts,
        std::task::Poll::Pending => None,
    }
}

/// Forms put together of pieces at random: wherever `multer` reads all of it, the same is read here.
#[test]
fn the_same_as_multer() {
    let pieces: [&[u8]; 14] = [
        b"--bB", b"--", b"\r\n", b"\r\n--bB\r\n", b"\r\n--bB--\r\n", b"\r\n\r\n", b"x", b"\0\xff", b"-", b"\r",
        b"\n", b"bB",
        b"Content-Disposition: form-data; name=\"a\"\r\n\r\n",
        b"\r\n--bB\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g\"\r\nContent-Type: a/b\r\n\r\n",
    ];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut agreed = 0;
    for _ in 0..20_000 {
        let mut body = b"--bB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_vec();
        for _ in 0..8 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            body.extend_from_slice(pieces[(seed % pieces.len() as u64) as usize]);
        }
        body.extend_from_slice(b"\r\n--bB--\r\n");
        let (Some(expected), Ok(found)) = (oracle(&body), parse("multipart/form-data; boundary=bB", &body))
        else {
            continue;
        };
        let found: Vec<_> = found.into_iter().map(|part| (part.name, part.body.to_vec())).collect();
        assert_eq!(found, expected, "{}", body.escape_ascii());
        agreed += 1;
    }
    assert!(agreed > 2_000, "{agreed}");
}

#[test]
fn a_boundary_that_a_part_holds_is_not_taken() {
    let part = |body: &'static [u8]| Part { name: "a".into(), file_name: None, content_type: None, body };
    let parts = [part(b"x trunkline-7-0 trunkline-7-1"), part(b"trunkline-7-3")];
    let boundary = boundary_for("7", &parts);
    assert_eq!(boundary, "trunkline-7-2");
    let body = encode(&boundary, &parts);
    let content_type = format!("multipart/form-data; boundary={boundary}");
    assert_eq!(parse(&content_type, &body).as_deref(), Ok(&parts[..]));
    // Written without growing.
    let empty = encode(&boundary, &[]);
    assert!(empty.capacity() < 300 && body.capacity() < 1_000);
}
