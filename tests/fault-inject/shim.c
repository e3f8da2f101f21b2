// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded (LD_PRELOAD) in front of the C library and the sanitizers: the Nth call
 * of one class fails, as the kernel or the allocator would have it fail.
 *
 *   VB_FAULT_CLASS  alloc, fd, io or task
 *   VB_FAULT_NTH    which call of the class fails; 0: none, they are counted
 *   VB_FAULT_STATE  a file of struct state, shared by all processes of the program
 *   VB_FAULT_TRACE  a file that gets a line for each call: its number, a hash of who
 *                   called, and its name
 *
 * Programs that this one executes are left alone.  What hwloc and libxml2 do inside is
 * too: they end the program, or go on with what they could not allocate, when memory
 * runs out, and nothing here can mend that.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <hwloc.h>
#include <link.h>
#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum class { ALLOC = 1, FD, IO, TASK };

#define MAX_FRAMES	24
#define MAX_OBJECTS	64

struct state {
	_Atomic uint64_t calls;		/* of the class, of all processes */
	_Atomic uint64_t hits;		/* that were made to fail */
	char what[64];			/* the one that was */
	uint64_t where[MAX_FRAMES];	/* its callers in the program, from its start; 0: no more */
};

static struct state *state;
static enum class chosen;
static uint64_t nth;
static int trace_fd = -1;
static _Thread_local unsigned int off __attribute__((tls_model("initial-exec")));	/* in here, or in a library that is left alone */
static struct { uintptr_t start, end; bool ignored; } object[MAX_OBJECTS];
static unsigned int nr_objects;

/* Before the real allocator is known: dlsym() itself may want some. */
static char early[1 << 16];
static size_t early_used;

#define NEXT(name) ({							\
	static __typeof__(&name) real;					\
	if (!real)							\
		real = (__typeof__(&name))next_symbol(#name);		\
	real; })

static void *next_symbol(const char *name)
{
	void *found;

	off++;
	found = dlsym(RTLD_NEXT, name);
	off--;
	return found;
}

/* The loader and the sanitizers are not what is tested; of the others see above. */
static bool is_ignored(const char *name)
{
	static const char *const ignored[] = {
		"/ld-linux", "/libasan.", "/libubsan.", "/libgcc_s.", "/libhwloc.", "/libxml2.",
	};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		if (strstr(name, ignored[i]))
			return true;
	return false;
}

static bool from_ignored(uintptr_t caller)
{
	for (unsigned int o = 0; o < nr_objects; o++)
		if (caller >= object[o].start && caller < object[o].end)
			return object[o].ignored;
	return false;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t end = info->dlpi_addr;

	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD &&
		    info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz > end)
			end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
			      info->dlpi_phdr[i].p_memsz;
	if (nr_objects < MAX_OBJECTS) {
		object[nr_objects].ignored = is_ignored(info->dlpi_name);
		object[nr_objects].start = info->dlpi_addr;
		object[nr_objects++].end = end;
	}
	return 0;
}

/* Who called, the same in each run wherever objects are loaded. */
static uint64_t hash_callers(const char *what)
{
	void *frame[MAX_FRAMES];
	int n = backtrace(frame, MAX_FRAMES);
	uint64_t hash = 14695981039346656037u;

	for (const char *c = what; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	for (int i = 2; i < n; i++)
		for (unsigned int o = 0; o < nr_objects; o++)
			if ((uintptr_t)frame[i] >= object[o].start &&
			    (uintptr_t)frame[i] < object[o].end)
				hash = (hash ^ ((uintptr_t)frame[i] - object[o].start) ^
					(uint64_t)o << 48) * 1099511628211u;
	return hash;
}

/* The program is the first object. */
static void note_callers(void)
{
	void *frame[MAX_FRAMES];
	int n = backtrace(frame, MAX_FRAMES);

	for (int i = 0, to = 0; i < n; i++)
		if ((uintptr_t)frame[i] >= object[0].start && (uintptr_t)frame[i] < object[0].end)
			state->where[to++] = (uintptr_t)frame[i] - object[0].start;
}

static void write_trace(uint64_t number, const char *what)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%llu %016llx %s\n", (unsigned long long)number,
			      (unsigned long long)hash_callers(what), what);

	syscall(SYS_write, trace_fd, line, (size_t)length);
}

/* The heart: does this call of @what fail? */
#define fails(class, what) fails_for(class, what, (uintptr_t)__builtin_return_address(0))

static bool fails_for(enum class class, const char *what, uintptr_t caller)
{
	uint64_t number;

	if (!state || class != chosen || off || from_ignored(caller))
		return false;
	off++;
	number = atomic_fetch_add(&state->calls, 1) + 1;
	if (trace_fd >= 0)
		write_trace(number, what);
	if (number == nth) {
		atomic_fetch_add(&state->hits, 1);
		snprintf(state->what, sizeof(state->what), "%s", what);
		note_callers();
	}
	off--;
	return number == nth;
}

static enum class class_of(const char *name)
{
	static const char *const names[] = { "", "alloc", "fd", "io", "task" };

	for (size_t i = 1; name && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return (enum class)i;
	return 0;
}

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("VB_FAULT_STATE"), *trace = getenv("VB_FAULT_TRACE");
	const char *number = getenv("VB_FAULT_NTH");
	void *warm[2], *map;
	int fd;

	chosen = class_of(getenv("VB_FAULT_CLASS"));
	if (!path || !chosen)
		return;
	off++;
	nth = number ? strtoull(number, NULL, 10) : 0;
	backtrace(warm, 2);	/* loads what it needs */
	dl_iterate_phdr(note_object, NULL);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	map = fd < 0 ? MAP_FAILED : (void *)syscall(SYS_mmap, NULL, sizeof(*state),
						    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		syscall(SYS_close, fd);
	if (trace)
		trace_fd = (int)syscall(SYS_openat, AT_FDCWD, trace,
					O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	unsetenv("LD_PRELOAD");
	off--;
	if (map != MAP_FAILED)
		state = map;
}

/* alloc */

static void *early_alloc(size_t size)
{
	void *room = early + early_used;

	early_used += (size + 15) & ~(size_t)15;
	if (early_used > sizeof(early))
		abort();
	return room;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	static void *(*real)(size_t);
	static bool looking;

	if (!real) {
		if (looking)
			return early_alloc(size);
		looking = true;
		real = (void *(*)(size_t))next_symbol("malloc");
	}
	return fails(ALLOC, "malloc") ? no_memory() : real(size);
}

void *calloc(size_t nr, size_t size)
{
	static void *(*real)(size_t, size_t);
	static bool looking;

	if (!real) {
		if (looking)
			return early_alloc(nr * size);
		looking = true;
		real = (void *(*)(size_t, size_t))next_symbol("calloc");
	}
	return fails(ALLOC, "calloc") ? no_memory() : real(nr, size);
}

void *realloc(void *old, size_t size)
{
	if (is_early(old))
		abort();
	return fails(ALLOC, "realloc") ? no_memory() : NEXT(realloc)(old, size);
}

void *reallocarray(void *old, size_t nr, size_t size)
{
	return fails(ALLOC, "reallocarray") ? no_memory() : NEXT(reallocarray)(old, nr, size);
}

/* What dlsym() frees while it looks for free() is lost. */
void free(void *p)
{
	static void (*real)(void *);
	static bool looking;

	if (!real && !looking) {
		looking = true;
		real = (void (*)(void *))next_symbol("free");
	}
	if (real && !is_early(p))
		real(p);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(ALLOC, "aligned_alloc") ? no_memory() :
	       NEXT(aligned_alloc)(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	return fails(ALLOC, "posix_memalign") ? ENOMEM : NEXT(posix_memalign)(p, alignment, size);
}

char *strdup(const char *text)
{
	return fails(ALLOC, "strdup") ? no_memory() : NEXT(strdup)(text);
}

char *strndup(const char *text, size_t size)
{
	return fails(ALLOC, "strndup") ? no_memory() : NEXT(strndup)(text, size);
}

void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (fails(ALLOC, "mmap")) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	/* The sanitizers' own comes before theirs is ready. */
	return state ? NEXT(mmap)(at, size, prot, flags, fd, offset) :
		       (void *)syscall(SYS_mmap, at, size, prot, flags, fd, offset);
}

/*
 * AddressSanitizer asks for each thread's stack, and ends the program where the C library
 * has no memory for the CPU set in the answer.
 */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	const bool left_alone = from_ignored((uintptr_t)__builtin_return_address(0));
	int err;

	off += left_alone;
	err = NEXT(pthread_getattr_np)(thread, attr);
	off -= left_alone;
	return err;
}

/* fd, io, task: a call that returns -1, or NULL, and says why. */

#define FAIL(class, name, error, value) do {				\
	if (fails(class, name)) {					\
		errno = (error);					\
		return value;						\
	}								\
} while (0)

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	FAIL(FD, "open", EMFILE, -1);
	return NEXT(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	FAIL(FD, "open", EMFILE, -1);
	return NEXT(open)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	FAIL(FD, "openat", EMFILE, -1);
	return NEXT(openat)(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	FAIL(FD, "openat", EMFILE, -1);
	return NEXT(openat)(dir, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	FAIL(FD, "fopen", EMFILE, NULL);
	return NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	FAIL(FD, "fopen", EMFILE, NULL);
	return NEXT(fopen)(path, mode);
}

FILE *fdopen(int fd, const char *mode)
{
	FAIL(FD, "fdopen", ENOMEM, NULL);
	return NEXT(fdopen)(fd, mode);
}

DIR *opendir(const char *path)
{
	FAIL(FD, "opendir", EMFILE, NULL);
	return NEXT(opendir)(path);
}

DIR *fdopendir(int fd)
{
	FAIL(FD, "fdopendir", ENOMEM, NULL);
	return NEXT(fdopendir)(fd);
}

int scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **))
{
	FAIL(FD, "scandir", EMFILE, -1);
	return NEXT(scandir)(path, list, filter, order);
}

int scandirat(int dir, const char *path, struct dirent ***list,
	      int (*filter)(const struct dirent *),
	      int (*order)(const struct dirent **, const struct dirent **))
{
	FAIL(FD, "scandirat", EMFILE, -1);
	return NEXT(scandirat)(dir, path, list, filter, order);
}

int pipe2(int fd[2], int flags)
{
	FAIL(FD, "pipe2", EMFILE, -1);
	return NEXT(pipe2)(fd, flags);
}

int eventfd(unsigned int count, int flags)
{
	FAIL(FD, "eventfd", EMFILE, -1);
	return NEXT(eventfd)(count, flags);
}

int memfd_create(const char *name, unsigned int flags)
{
	FAIL(FD, "memfd_create", EMFILE, -1);
	return NEXT(memfd_create)(name, flags);
}

int socketpair(int domain, int type, int protocol, int fd[2])
{
	FAIL(FD, "socketpair", EMFILE, -1);
	return NEXT(socketpair)(domain, type, protocol, fd);
}

FILE *open_memstream(char **text, size_t *size)
{
	FAIL(FD, "open_memstream", ENOMEM, NULL);
	return NEXT(open_memstream)(text, size);
}

char *mkdtemp(char *path)
{
	if (fails(IO, "mkdtemp")) {
		errno = ENOSPC;
		return NULL;
	}
	return NEXT(mkdtemp)(path);
}

int dup2(int from, int to)
{
	FAIL(FD, "dup2", EMFILE, -1);
	return NEXT(dup2)(from, to);
}

int io_uring_queue_init(unsigned int entries, struct io_uring *ring, unsigned int flags)
{
	if (fails(FD, "io_uring_queue_init"))
		return -EMFILE;
	return NEXT(io_uring_queue_init)(entries, ring, flags);
}

int io_uring_queue_init_params(unsigned int entries, struct io_uring *ring,
			       struct io_uring_params *params)
{
	if (fails(FD, "io_uring_queue_init_params"))
		return -EMFILE;
	return NEXT(io_uring_queue_init_params)(entries, ring, params);
}

ssize_t read(int fd, void *to, size_t size)
{
	FAIL(IO, "read", EIO, -1);
	return NEXT(read)(fd, to, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
	FAIL(IO, "pread", EIO, -1);
	return NEXT(pread)(fd, to, size, offset);
}

ssize_t write(int fd, const void *from, size_t size)
{
	FAIL(IO, "write", ENOSPC, -1);
	return NEXT(write)(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
	FAIL(IO, "pwrite", ENOSPC, -1);
	return NEXT(pwrite)(fd, from, size, offset);
}

int fsync(int fd)
{
	FAIL(IO, "fsync", EIO, -1);
	return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	FAIL(IO, "fdatasync", EIO, -1);
	return NEXT(fdatasync)(fd);
}

int ftruncate(int fd, off_t length)
{
	FAIL(IO, "ftruncate", EIO, -1);
	return NEXT(ftruncate)(fd, length);
}

int rename(const char *from, const char *to)
{
	FAIL(IO, "rename", ENOSPC, -1);
	return NEXT(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	FAIL(IO, "renameat", ENOSPC, -1);
	return NEXT(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	FAIL(IO, "renameat2", ENOSPC, -1);
	return NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int mkdir(const char *path, mode_t mode)
{
	FAIL(IO, "mkdir", ENOSPC, -1);
	return NEXT(mkdir)(path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	FAIL(IO, "mkdirat", ENOSPC, -1);
	return NEXT(mkdirat)(dir, path, mode);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
	return fails(IO, "posix_fallocate") ? ENOSPC : NEXT(posix_fallocate)(fd, offset, length);
}

ssize_t readlink(const char *path, char *to, size_t size)
{
	FAIL(IO, "readlink", EIO, -1);
	return NEXT(readlink)(path, to, size);
}

ssize_t readlinkat(int dir, const char *path, char *to, size_t size)
{
	FAIL(IO, "readlinkat", EIO, -1);
	return NEXT(readlinkat)(dir, path, to, size);
}

/* It is closed all the same. */
int close(int fd)
{
	int ret = NEXT(close)(fd);

	FAIL(IO, "close", EIO, -1);
	return ret;
}

int fflush(FILE *file)
{
	int ret = NEXT(fflush)(file);

	FAIL(IO, "fflush", ENOSPC, EOF);
	return ret;
}

int fclose(FILE *file)
{
	int ret = NEXT(fclose)(file);

	FAIL(IO, "fclose", ENOSPC, EOF);
	return ret;
}

pid_t fork(void)
{
	FAIL(TASK, "fork", EAGAIN, -1);
	return NEXT(fork)();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	if (fails(TASK, "pthread_create"))
		return EAGAIN;
	return NEXT(pthread_create)(thread, attr, run, arg);
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	FAIL(TASK, "sched_setaffinity", EINVAL, -1);
	return NEXT(sched_setaffinity)(pid, size, set);
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	if (fails(TASK, "posix_spawn"))
		return EAGAIN;
	return NEXT(posix_spawn)(pid, path, actions, attr, argv, envp);
}

/* Libraries that are left alone, with all that the C library does for them. */

int hwloc_topology_load(hwloc_topology_t topology)
{
	int ret;

	off++;
	ret = NEXT(hwloc_topology_load)(topology);
	off--;
	return ret;
}

int hwloc_topology_init(hwloc_topology_t *topology)
{
	int ret;

	off++;
	ret = NEXT(hwloc_topology_init)(topology);
	off--;
	return ret;
}

void hwloc_topology_destroy(hwloc_topology_t topology)
{
	off++;
	NEXT(hwloc_topology_destroy)(topology);
	off--;
}

int hwloc_topology_export_xml(hwloc_topology_t topology, const char *path, unsigned long flags)
{
	int ret;

	FAIL(FD, "hwloc_topology_export_xml", EMFILE, -1);
	off++;
	ret = NEXT(hwloc_topology_export_xml)(topology, path, flags);
	off--;
	return ret;
}
