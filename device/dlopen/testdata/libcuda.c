// A libcuda.so.1 for tests: one device in the host's memory, whose three kernels are those of
// ganlib/device/driver/drivertest, in C. It checks what it is given, as strictly as it can, and any function
// can be told to fail.
//
//	gcc -shared -fPIC -o libcuda.so.1 libcuda.c
//	-DVERSION=11030    an old driver
//	-DDEVICES=0        no device
//	-DWITHOUT_LAUNCH   a driver that lacks cuGraphLaunch
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef VERSION
#define VERSION 12090
#endif
#ifndef DEVICES
#define DEVICES 1
#endif

enum {
	SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
	INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700,
	CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901,
};
typedef int result;
typedef uint64_t address;

// Handles are pointers to things that know what they are.
enum kind { CONTEXT = 0x1c0de, STREAM, MODULE, FUNCTION, GRAPH, EXEC, EVENT };

struct launch {
	struct function *function;
	unsigned grid[3], block[3], shared;
	uint64_t words[4];
	int count;
	struct launch *next;
};
struct function { enum kind kind; const char *name; int args, limit; result (*run)(struct launch *); };
struct stream { enum kind kind; int capturing, invalid; struct launch *first, **last; };
struct graph { enum kind kind; struct launch *first; };
struct event { enum kind kind; int recorded; struct timespec at; };
struct thing { enum kind kind; };

#define TOTAL (256l << 20)
static struct allocation { char *at; size_t bytes; struct allocation *next; } *memory;
static size_t used;
static int retained, initialized, lost;
static struct thing context = { CONTEXT };
static _Thread_local struct thing *current;
static long launches, live;

// The test's side.
static char failing[64];
static int failure;
static int countdown;
void fake_fail(const char *function, int with, int after) {
	strncpy(failing, function, sizeof failing - 1);
	failure = with;
	countdown = after;
}
long fake_launches(void) { return launches; }
long fake_live(void) { return live + retained; } // handles and allocations not given back

static int told(const char *function) { return *failing && !strcmp(failing, function) && countdown-- <= 0; }
#define START if (told(__func__)) return failure
#define READY START; if (!initialized) return NOT_INITIALIZED
#define BOUND READY; if (current != &context || !retained) return INVALID_CONTEXT; if (lost) return lost
#define IS(h, k) ((h) && ((struct thing *)(h))->kind == (k))
#define IN(s) BOUND; if (!IS(s, STREAM)) return INVALID_HANDLE
#define OUTSIDE(s) IN(s); if ((s)->capturing) { (s)->invalid = 1; return CAPTURE_UNSUPPORTED; }

static void *make(enum kind kind, size_t bytes) {
	struct thing *t = calloc(1, bytes);
	t->kind = kind;
	live++;
	return t;
}
static result destroy(void *h, enum kind kind) {
	if (!IS(h, kind)) return INVALID_HANDLE;
	((struct thing *)h)->kind = 0;
	free(h);
	live--;
	return SUCCESS;
}
static int inside(address a, size_t bytes) {
	for (struct allocation *m = memory; m; m = m->next)
		if (a >= (address)m->at && a + bytes <= (address)m->at + m->bytes) return 1;
	return 0;
}

// The kernels, with their arguments as C has them.
static result scale(struct launch *l) {
	float *y = *(float **)&l->words[0], *x = *(float **)&l->words[1], a = *(float *)&l->words[2];
	uint32_t n = *(uint32_t *)&l->words[3], threads = l->grid[0] * l->block[0];
	if (n > threads) n = threads;
	if (n && (!inside((address)y, 4 * n) || !inside((address)x, 4 * n))) return ILLEGAL_ADDRESS;
	for (uint32_t i = 0; i < n; i++) y[i] = a * x[i];
	return SUCCESS;
}
static result add(struct launch *l) {
	float *y = *(float **)&l->words[0], *x = *(float **)&l->words[1];
	uint32_t n = *(uint32_t *)&l->words[2], threads = l->grid[0] * l->block[0];
	if (n > threads) n = threads;
	if (n && (!inside((address)y, 4 * n) || !inside((address)x, 4 * n))) return ILLEGAL_ADDRESS;
	for (uint32_t i = 0; i < n; i++) y[i] += x[i];
	return SUCCESS;
}
static result mirror(struct launch *l) {
	uint32_t *y = *(uint32_t **)&l->words[0], *x = *(uint32_t **)&l->words[1], n = *(uint32_t *)&l->words[2];
	if (4 * n > l->shared || !inside((address)y, 4 * n) || !inside((address)x, 4 * n)) return ILLEGAL_ADDRESS;
	for (uint32_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
	return SUCCESS;
}

result cuInit(unsigned flags) {
	START;
	if (flags) return INVALID_VALUE;
	initialized = 1;
	return DEVICES ? SUCCESS : NO_DEVICE;
}
result cuDriverGetVersion(int *version) { START; *version = VERSION; return SUCCESS; }
result cuGetErrorName(result of, const char **text) { *text = of == 304 ? "CUDA_ERROR_OPERATING_SYSTEM" : 0; return *text ? SUCCESS : INVALID_VALUE; }
result cuGetErrorString(result of, const char **text) { *text = of < 1000 ? "words of the fake" : 0; return *text ? SUCCESS : INVALID_VALUE; }

result cuDeviceGetCount(int *count) { READY; *count = DEVICES; return SUCCESS; }
result cuDeviceGet(int *device, int ordinal) {
	READY;
	if (ordinal < 0 || ordinal >= DEVICES) return INVALID_DEVICE;
	*device = 40 + ordinal; // not the same number, so that they are not mixed up
	return SUCCESS;
}
#define DEVICE(d) READY; if ((d) < 40 || (d) >= 40 + DEVICES) return INVALID_DEVICE
result cuDeviceGetName(char *name, int len, int device) { DEVICE(device); strncpy(name, "Fake GPU", len); return SUCCESS; }
result cuDeviceTotalMem_v2(size_t *bytes, int device) { DEVICE(device); *bytes = TOTAL; return SUCCESS; }
result cuDeviceGetAttribute(int *value, int attribute, int device) {
	DEVICE(device);
	switch (attribute) {
	case 16: *value = 3; return SUCCESS;
	case 75: *value = 8; return SUCCESS;
	case 76: *value = 6; return SUCCESS;
	case 97: *value = 99 << 10; return SUCCESS;
	}
	return INVALID_VALUE;
}
result cuDevicePrimaryCtxRetain(void **ctx, int device) { DEVICE(device); retained++; *ctx = &context; return SUCCESS; }
result cuDevicePrimaryCtxRelease_v2(int device) {
	DEVICE(device);
	if (!retained) return INVALID_CONTEXT;
	if (!--retained) lost = 0; // the next context is a new one
	return SUCCESS;
}
result cuCtxSetCurrent(void *ctx) { READY; if (ctx != &context) return INVALID_CONTEXT; current = ctx; return SUCCESS; }

result cuMemGetInfo_v2(size_t *left, size_t *total) { BOUND; *left = TOTAL - used; *total = TOTAL; return SUCCESS; }
result cuMemAlloc_v2(address *a, size_t bytes) {
	BOUND;
	if (!bytes) return INVALID_VALUE;
	if (bytes > TOTAL - used) return OUT_OF_MEMORY;
	struct allocation *m = malloc(sizeof *m);
	m->at = aligned_alloc(256, (bytes + 255) / 256 * 256);
	m->bytes = bytes;
	m->next = memory;
	memory = m;
	used += bytes;
	live++;
	*a = (address)m->at;
	return SUCCESS;
}
result cuMemFree_v2(address a) {
	BOUND;
	for (struct allocation **p = &memory, *m; (m = *p); p = &m->next)
		if ((address)m->at == a) {
			*p = m->next;
			used -= m->bytes;
			live--;
			free(m->at);
			free(m);
			return SUCCESS;
		}
	return INVALID_VALUE;
}
result cuMemsetD8Async(address dst, unsigned char value, size_t bytes, struct stream *s) {
	OUTSIDE(s);
	if (!inside(dst, bytes)) return INVALID_VALUE;
	memset((void *)dst, value, bytes);
	return SUCCESS;
}
result cuMemcpyHtoDAsync_v2(address dst, const void *src, size_t bytes, struct stream *s) {
	OUTSIDE(s);
	if (!src || !inside(dst, bytes)) return INVALID_VALUE;
	memcpy((void *)dst, src, bytes);
	return SUCCESS;
}
result cuMemcpyDtoHAsync_v2(void *dst, address src, size_t bytes, struct stream *s) {
	OUTSIDE(s);
	if (!dst || !inside(src, bytes)) return INVALID_VALUE;
	memcpy(dst, (void *)src, bytes);
	return SUCCESS;
}

struct module { enum kind kind; struct function functions[3]; };
result cuModuleLoadDataEx(struct module **module, const char *image, unsigned count, const int *options, void **values) {
	BOUND;
	if (!strstr(image, ".version") || strstr(image, "no.such")) {
		for (unsigned i = 0; i + 1 < count; i++)
			if (options[i] == 5 && options[i + 1] == 6 && (size_t)values[i + 1] > 1000) strcpy(values[i], "line 1: no such thing");
		return INVALID_PTX;
	}
	*module = make(MODULE, sizeof **module);
	(*module)->functions[0] = (struct function){ FUNCTION, "scale", 4, 48 << 10, scale };
	(*module)->functions[1] = (struct function){ FUNCTION, "add", 3, 48 << 10, add };
	(*module)->functions[2] = (struct function){ FUNCTION, "mirror", 3, 48 << 10, mirror };
	return SUCCESS;
}
result cuModuleUnload(struct module *m) { BOUND; return destroy(m, MODULE); }
result cuModuleGetFunction(struct function **function, struct module *m, const char *name) {
	BOUND;
	if (!IS(m, MODULE)) return INVALID_HANDLE;
	for (int i = 0; i < 3; i++)
		if (!strcmp(m->functions[i].name, name)) {
			*function = &m->functions[i];
			return SUCCESS;
		}
	return NOT_FOUND;
}
result cuFuncSetAttribute(struct function *f, int attribute, int value) {
	BOUND;
	if (!IS(f, FUNCTION) || attribute != 8 || value < 0 || value > 99 << 10) return INVALID_VALUE;
	f->limit = value;
	return SUCCESS;
}
result cuLaunchKernel(struct function *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
	unsigned shared, struct stream *s, void **params, void **extra) {
	IN(s);
	struct launch l = { f, { gx, gy, gz }, { bx, by, bz }, shared };
	if (!IS(f, FUNCTION) || !params || extra || !gx || !gy || !gz || gy > 65535 || gz > 65535 || !bx || !by || !bz ||
		(uint64_t)bx * by * bz > 1024 || (int)shared > f->limit) {
		s->invalid = 1;
		return INVALID_VALUE;
	}
	for (int i = 0; i < f->args; i++) l.words[i] = *(uint64_t *)params[i];
	if (s->capturing) {
		*s->last = malloc(sizeof l);
		**s->last = l;
		s->last = &(*s->last)->next;
		return SUCCESS;
	}
	launches++;
	lost = f->run(&l); // told by the next call, as it is asynchronous
	return SUCCESS;
}

result cuStreamCreate(struct stream **s, unsigned flags) { BOUND; if (flags != 1) return INVALID_VALUE; *s = make(STREAM, sizeof **s); return SUCCESS; }
result cuStreamDestroy_v2(struct stream *s) { BOUND; return destroy(s, STREAM); }
result cuStreamSynchronize(struct stream *s) { OUTSIDE(s); return SUCCESS; }
result cuStreamBeginCapture_v2(struct stream *s, int mode) {
	OUTSIDE(s);
	if (mode != 2) return INVALID_VALUE;
	s->capturing = 1;
	s->invalid = 0;
	s->first = 0;
	s->last = &s->first;
	return SUCCESS;
}
result cuStreamEndCapture(struct stream *s, struct graph **g) {
	IN(s);
	if (!s->capturing) return INVALID_VALUE;
	s->capturing = 0;
	if (s->invalid) {
		*g = 0;
		return CAPTURE_INVALIDATED;
	}
	*g = make(GRAPH, sizeof **g);
	(*g)->first = s->first;
	return SUCCESS;
}
result cuGraphInstantiateWithFlags(struct graph **exec, struct graph *g, unsigned long long flags) {
	BOUND;
	if (!IS(g, GRAPH) || flags) return INVALID_VALUE;
	*exec = make(EXEC, sizeof **exec);
	(*exec)->first = g->first;
	return SUCCESS;
}
result cuGraphDestroy(struct graph *g) { BOUND; return destroy(g, GRAPH); }
result cuGraphExecDestroy(struct graph *g) { BOUND; return destroy(g, EXEC); }
#ifndef WITHOUT_LAUNCH
result cuGraphLaunch(struct graph *g, struct stream *s) {
	OUTSIDE(s);
	if (!IS(g, EXEC)) return INVALID_HANDLE;
	for (struct launch *l = g->first; l && !lost; l = l->next) {
		launches++;
		lost = l->function->run(l);
	}
	return SUCCESS;
}
#endif

result cuEventCreate(struct event **e, unsigned flags) { BOUND; if (flags) return INVALID_VALUE; *e = make(EVENT, sizeof **e); return SUCCESS; }
result cuEventDestroy_v2(struct event *e) { BOUND; return destroy(e, EVENT); }
result cuEventRecord(struct event *e, struct stream *s) {
	OUTSIDE(s);
	if (!IS(e, EVENT)) return INVALID_HANDLE;
	e->recorded = 1;
	clock_gettime(CLOCK_MONOTONIC, &e->at);
	return SUCCESS;
}
result cuEventSynchronize(struct event *e) { BOUND; return IS(e, EVENT) ? SUCCESS : INVALID_HANDLE; }
result cuEventElapsedTime(float *ms, struct event *a, struct event *b) {
	BOUND;
	if (!IS(a, EVENT) || !IS(b, EVENT) || !a->recorded || !b->recorded) return INVALID_HANDLE;
	*ms = (b->at.tv_sec - a->at.tv_sec) * 1e3f + (b->at.tv_nsec - a->at.tv_nsec) / 1e6f;
	return SUCCESS;
}
