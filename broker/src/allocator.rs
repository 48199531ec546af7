//! What malloc is told, and what it says of itself.
//!
//! Owns: the number of its arenas. Does not own: which memory is taken, and the budgets for that.

/// Arenas beside one for each processor. What many threads free is kept by as many arenas as they had: with malloc's own eight
/// for each processor, a crowd that fetches leaves twice the memory behind.
#[cfg(target_env = "gnu")]
const SHARED_ARENAS: usize = 2;

/// Bounds the arenas, unless `MALLOC_ARENA_MAX` does. Called before there are threads.
#[cfg(target_env = "gnu")]
pub(crate) fn bound_arenas() {
    if std::env::var_os("MALLOC_ARENA_MAX").is_some() {
        return;
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let arenas = i32::try_from(processors.saturating_add(SHARED_ARENAS)).unwrap_or(i32::MAX);
    // SAFETY: it takes two numbers and touches nothing but malloc's own state, under its lock.
    if unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) } == 0 {
        tracing::warn!(arenas, "malloc does not take a bound on its arenas");
    }
}

/// Other C libraries have no arenas, or none that can be bounded.
#[cfg(not(target_env = "gnu"))]
pub(crate) const fn bound_arenas() {}

/// Bytes that malloc has handed out, in its arenas and in mappings of their own, and that it keeps for later, resident or not.
#[cfg(target_env = "gnu")]
pub(crate) fn heap_used_and_kept() -> Option<(u64, u64)> {
    // SAFETY: it takes nothing, answers by value, and locks each arena by itself.
    let info = unsafe { libc::mallinfo2() };
    let bytes = |count: libc::size_t| u64::try_from(count).unwrap_or(u64::MAX);
    Some((bytes(info.uordblks).saturating_add(bytes(info.hblkhd)), bytes(info.fordblks)))
}

/// Other C libraries do not say.
#[cfg(not(target_env = "gnu"))]
pub(crate) const fn heap_used_and_kept() -> Option<(u64, u64)> {
    None
}
