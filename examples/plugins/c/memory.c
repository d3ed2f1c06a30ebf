// The memory of a plugin in C, without a C library.
#include <stddef.h>
#include <stdint.h>

void *allocate(size_t size);
void release(void);
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size);

// Memory is taken from the end of the module's own, and given back as a whole at the end
// of each call.
extern char __heap_base;
static uintptr_t end;

void release(void) { end = 0; }

void *allocate(size_t size) {
  if (end == 0) end = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
  uintptr_t at = end;
  size_t pages = __builtin_wasm_memory_size(0);
  uint64_t after = ((uint64_t)at + size + 7) & ~(uint64_t)7;
  uint64_t needed = (after + 0xffff) >> 16;
  if (needed > pages && __builtin_wasm_memory_grow(0, needed - pages) == (size_t)-1) __builtin_trap();
  end = (uintptr_t)after;
  return (void *)at;
}

// The host calls cabi_realloc for room for arguments.
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  (void)align; // 8 at most
  void *memory = allocate(size);
  if (old_size > 0) __builtin_memcpy(memory, old, old_size < size ? old_size : size);
  return memory;
}
