// A filter that drops events of level debug and removes users and texts from the others.
// It is written against the canonical ABI by hand, without a C library: a record of WIT
// has the layout of a C struct, and an option or variant is a number before its value.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const char *data; size_t length; } string;

enum level { DEBUG, INFO, WARNING, ERROR };
enum measurement { NOTHING, DURATION, SIZE, TEXT };

typedef struct {
  uint64_t time;
  string source;
  uint8_t level;
  string message;
  struct { bool valid; string value; } user;
  struct { uint8_t kind; union { double duration; uint64_t size; string text; } value; } measurement;
} event;

// result<u64, store-error>
typedef struct { bool is_err; union { uint64_t sum; struct { uint8_t kind; uint32_t keys; } error; } value; } sum_result;

// result<list<event>, refusal>
typedef struct {
  bool is_err;
  union {
    struct { event *data; size_t length; } events;
    struct { uint8_t kind; union { uint32_t max; struct { uint8_t kind; uint32_t keys; } store; string text; } value; } refusal;
  } value;
} apply_result;

enum refusal { TOO_MANY, STORE, SETTING };

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

IMPORT("ex:filter/log@1.0.0", "write") void log_write(uint32_t level, const char *data, size_t length);
IMPORT("ex:filter/store@1.0.0", "[constructor]bucket") uint32_t bucket_new(const char *data, size_t length);
IMPORT("ex:filter/store@1.0.0", "[method]bucket.add")
void bucket_add(uint32_t bucket, const char *key, size_t length, uint64_t n, sum_result *result);
IMPORT("ex:filter/store@1.0.0", "[resource-drop]bucket") void bucket_drop(uint32_t bucket);

// Memory is taken from the end of the module's own, and given back as a whole after
// each call: whatever a call needs ends with it.
extern char __heap_base;
static uintptr_t end;

EXPORT("cabi_realloc")
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  if (end == 0) end = (uintptr_t)&__heap_base;
  uintptr_t at = (end + align - 1) & ~(uintptr_t)(align - 1);
  size_t pages = __builtin_wasm_memory_size(0);
  uint64_t needed = ((uint64_t)at + size + 0xffff) >> 16;
  if (needed > pages && __builtin_wasm_memory_grow(0, needed - pages) == (size_t)-1) __builtin_trap();
  end = at + size;
  if (old_size > 0) __builtin_memcpy((void *)at, old, old_size < size ? old_size : size);
  return (void *)at;
}

static apply_result result;

EXPORT("ex:filter/filter@1.0.0#apply")
apply_result *apply(event *events, size_t length) {
  size_t kept = 0;
  uint64_t users = 0;
  for (size_t i = 0; i < length; i++) {
    if (events[i].level == DEBUG) continue;
    event *e = &events[kept++];
    *e = events[i];
    users += e->user.valid;
    e->user.valid = false;
    if (e->measurement.kind == TEXT) e->measurement.kind = NOTHING;
  }
  result = (apply_result){.value.events = {events, kept}};
  if (users > 0) {
    sum_result sum;
    uint32_t bucket = bucket_new("redacted", 8);
    bucket_add(bucket, "users", 5, users, &sum);
    bucket_drop(bucket);
    if (sum.is_err) {
      result.is_err = true;
      result.value.refusal.kind = STORE;
      result.value.refusal.value.store.kind = sum.value.error.kind;
      result.value.refusal.value.store.keys = sum.value.error.keys;
      return &result;
    }
    log_write(INFO, "users were removed", 18);
  }
  return &result;
}

EXPORT("cabi_post_ex:filter/filter@1.0.0#apply")
void apply_done(apply_result *unused) {
  (void)unused;
  end = 0;
}
