//! `trunkline`: receives customer messages from every channel and hands them on as one stream.

fn main() -> std::process::ExitCode {
    trunkline::main()
}
