/* In front of the C library: calls on the state file and its log fail, wait, are cut or changed, as told. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { READ = 1, WRITE = 2, SYNC = 4 };
enum { NONE, EIO_, FULL, SHORT, SLOW, FLIP, HANG };

struct control {
    volatile int32_t calls, fault, after, slow_ms;
    volatile int64_t hits;
};

static struct control *control;

__attribute__((constructor)) static void map_control(void) {
    const char *path = getenv("FAULTS_CONTROL");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        control = mapped;
    close(file);
}

static int is_state_file(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, "state.sqlite") != NULL;
}

static void pause_ms(long ms) {
    struct timespec left = {ms / 1000, (ms % 1000) * 1000000};
    nanosleep(&left, NULL);
}

/* What becomes of this call; what has to be waited for is waited for here. */
static int fault_of(int call, int descriptor) {
    if (!control || !(control->calls & call) || !is_state_file(descriptor))
        return NONE;
    if (control->after > 0) {
        control->after--;
        return NONE;
    }
    int fault = control->fault;
    if (fault != NONE)
        control->hits++;
    if (fault == SLOW)
        pause_ms(control->slow_ms);
    while (control->fault == HANG)
        pause_ms(5);
    return fault;
}

static int failed(int fault) {
    if (fault != EIO_ && fault != FULL)
        return 0;
    errno = fault == EIO_ ? EIO : ENOSPC;
    return 1;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*read_at)(int, void *, size_t, off64_t);
typedef ssize_t (*write_at)(int, const void *, size_t, off64_t);
typedef ssize_t (*read_here)(int, void *, size_t);
typedef ssize_t (*write_here)(int, const void *, size_t);
typedef int (*synced)(int);

#define READ_BODY(CALL) \
    int fault = fault_of(READ, file); \
    if (failed(fault)) return -1; \
    if (fault == SHORT) count /= 2; \
    ssize_t done = CALL; \
    if (fault == FLIP && done > 0) ((char *)to)[done / 2] ^= 0x10; \
    return done

#define WRITE_BODY(CALL) \
    int fault = fault_of(WRITE, file); \
    if (failed(fault)) return -1; \
    if (fault == SHORT && count > 1) count /= 2; \
    char *changed = NULL; \
    if (fault == FLIP && count && (changed = malloc(count))) { \
        memcpy(changed, from, count); \
        changed[count / 2] ^= 0x10; \
        from = changed; \
    } \
    ssize_t done = CALL; \
    free(changed); \
    return done

ssize_t read(int file, void *to, size_t count) {
    REAL("read", read_here);
    READ_BODY(real(file, to, count));
}
ssize_t pread(int file, void *to, size_t count, off_t at) {
    REAL("pread", read_at);
    READ_BODY(real(file, to, count, at));
}
ssize_t pread64(int file, void *to, size_t count, off64_t at) {
    REAL("pread64", read_at);
    READ_BODY(real(file, to, count, at));
}
ssize_t write(int file, const void *from, size_t count) {
    REAL("write", write_here);
    WRITE_BODY(real(file, from, count));
}
ssize_t pwrite(int file, const void *from, size_t count, off_t at) {
    REAL("pwrite", write_at);
    WRITE_BODY(real(file, from, count, at));
}
ssize_t pwrite64(int file, const void *from, size_t count, off64_t at) {
    REAL("pwrite64", write_at);
    WRITE_BODY(real(file, from, count, at));
}
int fsync(int file) {
    REAL("fsync", synced);
    return failed(fault_of(SYNC, file)) ? -1 : real(file);
}
int fdatasync(int file) {
    REAL("fdatasync", synced);
    return failed(fault_of(SYNC, file)) ? -1 : real(file);
}
