/* Clocks that run FAST_CLOCK_TIMES as fast since FAST_CLOCK_SINCE (Unix seconds), and waits as much shorter.
 *
 * Preloaded (LD_PRELOAD) in front of libc, so that an agent's minutes pass in a second while nothing of the
 * agent itself is any different.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static double times(void) { return atof(getenv("FAST_CLOCK_TIMES")); }

int clock_gettime(clockid_t which, struct timespec *at) {
    struct timespec now;
    int result = REAL(clock_gettime)(which, at);
    if (result || (which != CLOCK_REALTIME && which != CLOCK_MONOTONIC && which != CLOCK_BOOTTIME)) return result;
    REAL(clock_gettime)(CLOCK_REALTIME, &now);
    double more = (now.tv_sec + now.tv_nsec / 1e9 - atof(getenv("FAST_CLOCK_SINCE"))) * (times() - 1);
    long long nanoseconds = at->tv_nsec + (long long)(more * 1e9);
    at->tv_sec += nanoseconds / 1000000000;
    at->tv_nsec = nanoseconds % 1000000000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int select(int count, fd_set *read, fd_set *write, fd_set *other, struct timeval *wait) {
    if (wait) {
        double seconds = (wait->tv_sec + wait->tv_usec / 1e6) / times();
        wait->tv_sec = (time_t)seconds;
        wait->tv_usec = (suseconds_t)((seconds - wait->tv_sec) * 1e6);
    }
    return REAL(select)(count, read, write, other, wait);
}
