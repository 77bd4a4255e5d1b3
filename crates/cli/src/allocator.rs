//! The allocator: the server allocates for each attribute of a span, and glibc's takes a fifth more CPU for one than jemalloc.

#[cfg(all(feature = "jemalloc", unix, target_pointer_width = "64"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
