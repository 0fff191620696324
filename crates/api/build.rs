//! Puts the built web UI (`web/dist`) into the library, each text file also as gzip and Brotli, so that nothing is
//! compressed while it is served. Without a built UI there is an empty list: cargo does not need Node.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::xxh3_128;

/// Files of the UI, at most; more are a mistake.
const MOST_FILES: usize = 2_000;

/// Compressed forms that save less than one byte in this many are left out.
const WORTH: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../web/dist");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // What is not there counts as changed at every build; an empty folder does not. Where it cannot be made, every
    // build looks again.
    let _ = fs::create_dir_all(&root);
    println!("cargo:rerun-if-changed={}", root.display());
    println!("cargo:rerun-if-changed=build.rs");
    let mut names = Vec::new();
    list(&root, "", &mut names)?;
    names.sort();
    let mut table = String::from("&[\n");
    if names.iter().any(|name| name == "index.html") {
        for (place, name) in names.iter().enumerate() {
            add(&mut table, &root, &out, place, name)?;
        }
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Paths of the files below a folder, with `/` between their parts.
fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "web/dist: a name is no UTF-8")?;
        if name.starts_with('.') || name.ends_with(".map") {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{path}/"), names)?;
        } else {
            names.push(path);
        }
        if names.len() > MOST_FILES {
            return Err(format!("web/dist: has more than {MOST_FILES} files").into());
        }
    }
    Ok(())
}

/// Adds a file to the table.
fn add(
    table: &mut String,
    root: &Path,
    out: &Path,
    place: usize,
    name: &str,
) -> Result<(), Box<dyn Error>> {
    let path = root.join(name).canonicalize()?;
    let bytes = fs::read(&path)?;
    let media = media(name);
    let (gzip, brotli) = match is_text(media) {
        true => (gzip(&bytes)?, brotli(&bytes)?),
        false => (bytes.clone(), bytes.clone()),
    };
    let compressed = |kind: &str, packed: &[u8]| -> Result<String, Box<dyn Error>> {
        if packed.len() + bytes.len() / WORTH >= bytes.len() {
            return Ok("None".to_owned());
        }
        let file = out.join(format!("{place}.{kind}"));
        fs::write(&file, packed)?;
        Ok(format!("Some(include_bytes!({:?}))", file.display().to_string()))
    };
    let (gzip, brotli) = (compressed("gz", &gzip)?, compressed("br", &brotli)?);
    let hash = xxh3_128(&bytes);
    let plain = path.display().to_string();
    writeln!(
        table,
        "    File {{ path: {name:?}, media: {media:?}, hash: \"{hash:032x}\", plain: \
         include_bytes!({plain:?}), gzip: {gzip}, brotli: {brotli} }},"
    )?;
    Ok(())
}

/// What a file is, by the end of its name.
fn media(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn is_text(media: &str) -> bool {
    media.starts_with("text/")
        || media.contains("json")
        || media.contains("svg")
        || media.contains("wasm")
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 64 << 10, 10, 22);
    encoder.write_all(bytes)?;
    encoder.flush()?;
    drop(encoder);
    Ok(packed)
}
