package c

// headerText is contract.h, without the world and its types and functions.
const headerText = `// The world %[1]s in C. Written by pipeline new plugin; change plugin.c.
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Text is UTF-8, and does not end with a zero byte.
typedef struct { char *data; size_t length; } string;

// string_of returns a string constant of C as a string.
#define string_of(constant) ((string){(char *)(constant), sizeof(constant) - 1})

// allocate returns memory that lasts until the end of the call. All memory of a call, also that
// of its arguments and of what the host returns, is given back at once.
void *allocate(size_t size);

// release gives it back. Only contract.c calls it.
void release(void);

%[2]s
#endif
`

// glueText is contract.c, without the world and its functions.
const glueText = `// The canonical ABI of the world %[1]s. Written by pipeline new plugin; change plugin.c.
#include "contract.h"

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define HELPER __attribute__((unused, always_inline)) static inline

// Arguments and results are passed as numbers. These have the bits that lie in memory.
HELPER void put1(void *p, size_t at, uint32_t bits) { ((uint8_t *)p)[at] = (uint8_t)bits; }
HELPER void put2(void *p, size_t at, uint32_t bits) { __builtin_memcpy((char *)p + at, &bits, 2); }
HELPER void put4(void *p, size_t at, uint32_t bits) { __builtin_memcpy((char *)p + at, &bits, 4); }
HELPER void put8(void *p, size_t at, uint64_t bits) { __builtin_memcpy((char *)p + at, &bits, 8); }
HELPER uint32_t get1(const void *p, size_t at) { return ((const uint8_t *)p)[at]; }
HELPER uint32_t get2(const void *p, size_t at) { uint16_t v; __builtin_memcpy(&v, (const char *)p + at, 2); return v; }
HELPER uint32_t get4(const void *p, size_t at) { uint32_t v; __builtin_memcpy(&v, (const char *)p + at, 4); return v; }
HELPER uint64_t get8(const void *p, size_t at) { uint64_t v; __builtin_memcpy(&v, (const char *)p + at, 8); return v; }
HELPER uint32_t bits4(float v) { uint32_t bits; __builtin_memcpy(&bits, &v, 4); return bits; }
HELPER uint64_t bits8(double v) { uint64_t bits; __builtin_memcpy(&bits, &v, 8); return bits; }
HELPER float float4(uint32_t bits) { float v; __builtin_memcpy(&v, &bits, 4); return v; }
HELPER double float8(uint64_t bits) { double v; __builtin_memcpy(&v, &bits, 8); return v; }

// A type that had another layout would make the plugin read nonsense.
%[2]s`
