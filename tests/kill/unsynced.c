/* Keeps what a power failure would lose: for each write to a file whose path begins with SPANLOOM_TEST_FILE, what was
 * there before and what was written, until the file is synced. The process ends at write SPANLOOM_TEST_WRITES. Loaded with
 * LD_PRELOAD; Linux and glibc only.
 *
 * A record of the journal next to the file: offset, size of the file before, bytes there before, bytes written (four
 * 64-bit numbers in the machine's order), then the former bytes and the written ones. A truncation writes none. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Opens the journal of a file; returns -1 for a file that is not watched. */
static int journal(int fd, int flags) {
    const char *watched = getenv("SPANLOOM_TEST_FILE");
    char link[64], path[PATH_MAX + 16];
    if (watched == NULL) return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length < 0) return -1;
    path[length] = 0;
    /* The index of the log is built anew at each start. */
    if (strncmp(path, watched, strlen(watched)) != 0 || strstr(path, "-shm") != NULL) return -1;
    strcat(path, ".unsynced");
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | flags, 0600);
}

static void all(int fd, const void *bytes, size_t length) {
    if (syscall(SYS_write, fd, bytes, length) != (long)length) abort();
}

/* Ends the process as a power failure does, at its write. */
static void count(void) {
    static long writes;
    const char *last = getenv("SPANLOOM_TEST_WRITES");
    if (last != NULL && ++writes >= atol(last)) syscall(SYS_exit_group, 9);
}

static void note(int fd, const void *written, uint64_t length, uint64_t offset) {
    int to = journal(fd, 0);
    struct stat file;
    if (to < 0) return;
    if (fstat(fd, &file) != 0) abort();
    uint64_t size = (uint64_t)file.st_size;
    /* A truncation loses everything behind its offset. */
    uint64_t end = written == NULL ? size : offset + length;
    uint64_t former = offset >= size ? 0 : (end < size ? end : size) - offset;
    uint64_t head[4] = {offset, size, former, written == NULL ? 0 : length};
    char *record = malloc(sizeof head + former + head[3]);
    if (record == NULL) abort();
    memcpy(record, head, sizeof head);
    if (former > 0 && syscall(SYS_pread64, fd, record + sizeof head, former, offset) != (long)former) abort();
    if (head[3] > 0) memcpy(record + sizeof head + former, written, length);
    all(to, record, sizeof head + former + head[3]);
    free(record);
    syscall(SYS_close, to);
    count();
}

static int synced(int fd) {
    pthread_mutex_lock(&lock);
    int to = journal(fd, O_TRUNC);
    if (to >= 0) syscall(SYS_close, to);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return synced(fd); }
int fdatasync(int fd) { return synced(fd); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    pthread_mutex_lock(&lock);
    note(fd, bytes, length, (uint64_t)offset);
    long written = syscall(SYS_pwrite64, fd, bytes, length, offset);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int ftruncate64(int fd, off64_t size) {
    pthread_mutex_lock(&lock);
    note(fd, NULL, 0, (uint64_t)size);
    long done = syscall(SYS_ftruncate, fd, size);
    pthread_mutex_unlock(&lock);
    return (int)done;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
