//! What the child may still do once it has entered: compute, read its document, write its text, and end.
//!
//! Resource limits bound what it may use; a seccomp filter, an allow list, bounds what it may ask the system for. There is
//! no call in it that opens a file or a socket, starts a process or a thread, or makes memory executable.
//! Invariant: where any part of the fence cannot be put up, nothing is read.

use super::ExtractError;

/// Where seccomp filters can be built for.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
pub(super) fn enter() -> Result<(), ExtractError> {
    linux::enter().ok_or(ExtractError::NoFence)
}

/// Elsewhere no document is read at all: a parser without a fence is what this module exists to avoid.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))))]
pub(super) fn enter() -> Result<(), ExtractError> {
    Err(ExtractError::NoFence)
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod linux {
    use std::collections::BTreeMap;

    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, Signal, getpid, set_dumpable_behavior, set_parent_process_death_signal,
        setrlimit,
    };
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
        TargetArch,
    };

    /// Address space: the binary itself, the document, and thirty times its size for what a parser makes of it.
    const ADDRESS_BYTES_MAX: u64 = 512 * 1024 * 1024;
    /// Computing: the same as the parent waits, for the case that the parent is gone.
    const CPU_SECONDS_MAX: u64 = 8;
    /// After the first signal the kernel waits so long and kills.
    const CPU_GRACE_SECONDS: u64 = 1;
    /// The three standard streams, which are open already.
    const OPEN_FILES_MAX: u64 = 3;

    const STDIN: u64 = 0;
    const STDOUT: u64 = 1;
    const STDERR: u64 = 2;

    pub(super) fn enter() -> Option<()> {
        // A parent that was killed can no longer kill.
        set_parent_process_death_signal(Some(Signal::KILL)).ok()?;
        // Neither a core file nor a debugger gets at the document.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).ok()?;
        limit(Resource::Core, 0, 0)?;
        limit(Resource::Fsize, 0, 0)?;
        limit(Resource::Nofile, OPEN_FILES_MAX, OPEN_FILES_MAX)?;
        limit(Resource::Cpu, CPU_SECONDS_MAX, CPU_SECONDS_MAX + CPU_GRACE_SECONDS)?;
        let program = filter()?;
        limit(Resource::As, ADDRESS_BYTES_MAX, ADDRESS_BYTES_MAX)?;
        // Sets no_new_privs too.
        seccompiler::apply_filter(&program).ok()
    }

    fn limit(resource: Resource, soft: u64, hard: u64) -> Option<()> {
        setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) }).ok()
    }

    fn filter() -> Option<BpfProgram> {
        let architecture = TargetArch::try_from(std::env::consts::ARCH).ok()?;
        let rules = rules()?;
        let filter = SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, architecture).ok()?;
        filter.try_into().ok()
    }

    /// Which calls are allowed; a call with rules only where one of them holds.
    fn rules() -> Option<BTreeMap<i64, Vec<SeccompRule>>> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = FREE.iter().map(|call| (*call, Vec::new())).collect();
        let own = u64::try_from(getpid().as_raw_nonzero().get()).ok()?;
        let abort = u64::try_from(libc::SIGABRT).ok()?;
        let executable = u64::try_from(libc::PROT_EXEC).ok()?;
        let anonymous = u64::try_from(libc::MAP_ANONYMOUS).ok()?;
        rules.insert(libc::SYS_read, vec![rule(&[(0, SeccompCmpOp::Eq, STDIN)])?]);
        let out = |stream| rule(&[(0, SeccompCmpOp::Eq, stream)]);
        rules.insert(libc::SYS_write, vec![out(STDOUT)?, out(STDERR)?]);
        // Memory, never executable, never of a file.
        let plain = (2, SeccompCmpOp::MaskedEq(executable), 0);
        rules.insert(libc::SYS_mmap, vec![rule(&[plain.clone(), (3, SeccompCmpOp::MaskedEq(anonymous), anonymous)])?]);
        rules.insert(libc::SYS_mprotect, vec![rule(&[plain])?]);
        // How a process aborts: where memory is out, and for no other process.
        rules.insert(libc::SYS_tgkill, vec![rule(&[(0, SeccompCmpOp::Eq, own), (2, SeccompCmpOp::Eq, abort)])?]);
        Some(rules)
    }

    fn rule(conditions: &[(u8, SeccompCmpOp, u64)]) -> Option<SeccompRule> {
        let condition = |(argument, operator, value): &(u8, SeccompCmpOp, u64)| {
            SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, operator.clone(), *value)
        };
        SeccompRule::new(conditions.iter().map(condition).collect::<Result<_, _>>().ok()?).ok()
    }

    /// Memory that is there already, the clock, randomness for hash maps, locks, and what ends a process.
    const FREE: &[i64] = &[
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ];
}
