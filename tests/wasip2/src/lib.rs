//! A component that does what a text says, with nothing but Rust's standard library, and
//! returns what came of it, or the kind of the error: `read a.txt`.

// Natively there is nothing: a native linker takes no name of WASI.
#![cfg(target_arch = "wasm32")]

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, process, thread};

mod bindings {
    #![allow(missing_docs)]
    wit_bindgen::generate!({
        inline: "package test:wasip2;
            world guest {
                export run: func(what: string) -> string;
            }",
        pub_export_macro: true,
    });
}

struct Component;
bindings::export!(Component with_types_in bindings);

impl bindings::Guest for Component {
    fn run(what: String) -> String {
        let (verb, object) = what.split_once(' ').unwrap_or((&what, ""));
        run(verb, object).unwrap_or_else(|err| format!("{:?}", err.kind()))
    }
}

fn run(verb: &str, object: &str) -> io::Result<String> {
    let text = match verb {
        "print" => {
            println!("{object}");
            eprintln!("{object}");
            io::stdout().flush()?;
            String::new()
        }
        "input" => io::read_to_string(io::stdin())?,
        "environment" => format!("{} {}", env::args().count(), env::vars().count()),
        "exit" => process::exit(object.parse().unwrap_or(0)),
        "panic" => panic!("{object}"),
        "random" => RandomState::new().hash_one(object).to_string(),
        "today" => format!(
            "{:?}",
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .map(|d| d.as_secs() > 1_600_000_000)
        ),
        "wait" => {
            let began = Instant::now();
            let wait = Duration::from_millis(object.parse().unwrap_or(0));
            thread::sleep(wait);
            (began.elapsed() >= wait).to_string()
        }
        "read" => fs::read_to_string(object)?,
        "end" => {
            let mut file = fs::File::open(object)?;
            file.seek(SeekFrom::End(-3))?;
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            text
        }
        "list" => {
            let mut names = vec![];
            for entry in fs::read_dir(object)? {
                let entry = entry?;
                let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
                names.push(entry.file_name().to_string_lossy().into_owned() + slash);
            }
            names.sort();
            names.join(" ")
        }
        "size" => fs::metadata(object)?.len().to_string(),
        "write" => fs::write(object, "new").map(|()| String::new())?,
        "append" => {
            let mut file = fs::OpenOptions::new().append(true).open(object)?;
            file.write_all(b"new").map(|()| String::new())?
        }
        "make" => fs::create_dir(object).map(|()| String::new())?,
        "remove" => fs::remove_file(object).map(|()| String::new())?,
        "rename" => fs::rename(object, "other").map(|()| String::new())?,
        "connect" => TcpStream::connect(object).map(|_| String::new())?,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    Ok(text)
}
