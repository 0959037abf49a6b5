/* A disk that fails: writes and syncs of this process go wrong from the n-th on, for a while.
 *
 * Preloaded (LD_PRELOAD) in front of libc, told over disk_fails() from Python's ctypes. Reads work, and so does
 * what SQLite maps into memory. A write that fails may have written a part, as on a disk that fills up.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

static int calls, skip = -1, left, error;

/* The next `after` calls work, then `count` of them fail with this errno. */
void disk_fails(int after, int count, int with) { calls = 0; skip = after; left = count; error = with; }

void disk_works(void) { skip = -1; }

/* How many calls failed so far, of those that were asked for; and how many there were since. */
int disk_failed(int count) { return count - left; }
int disk_calls(void) { return calls; }

static int fails(void) {
    calls++;
    if (skip < 0 || skip-- > 0) return 0;
    skip = 0;
    if (left == 0) { skip = -1; return 0; }
    left--;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITE(name, offset)                                                                             \
    ssize_t name(int file, const void *octets, size_t count, offset at) {                              \
        if (fails()) {                                                                                  \
            if (error == ENOSPC && count > 1) REAL(name)(file, octets, count / 2, at);                  \
            errno = error;                                                                              \
            return -1;                                                                                  \
        }                                                                                               \
        return REAL(name)(file, octets, count, at);                                                     \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define SYNC(name)                                                                                      \
    int name(int file) {                                                                                \
        if (fails()) { errno = error; return -1; }                                                      \
        return REAL(name)(file);                                                                        \
    }
SYNC(fsync)
SYNC(fdatasync)

#define CUT(name, offset)                                                                               \
    int name(int file, offset length) {                                                                 \
        if (fails()) { errno = error; return -1; }                                                      \
        return REAL(name)(file, length);                                                                \
    }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)
