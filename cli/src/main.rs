//! The `larum` command; everything it does is in the library, where tests reach it.

fn main() -> std::process::ExitCode {
    larum_cli::run(std::env::args_os(), &mut larum_cli::Console::system()).into()
}
