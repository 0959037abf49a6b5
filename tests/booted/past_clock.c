/* A wall clock that is in 1990 until the file PAST_CLOCK_SET exists, as on a machine without a battery.
 *
 * Preloaded (LD_PRELOAD) in front of libc; a machine in a container has its host's clock and can't set it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define YEARS_36 1136073600L

int clock_gettime(clockid_t which, struct timespec *at) {
    int result = ((__typeof__(&clock_gettime))dlsym(RTLD_NEXT, "clock_gettime"))(which, at);
    if (!result && which == CLOCK_REALTIME && access(getenv("PAST_CLOCK_SET"), F_OK)) at->tv_sec -= YEARS_36;
    return result;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
