// The world my-org:my-pkg/my-world@1.2.0 in C. Written by pipeline new plugin; change plugin.c.
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

typedef struct { uint32_t id; } types_guest;
typedef uint8_t types_color;
enum {
  TYPES_COLOR_RED = 0,
  TYPES_COLOR_GREEN = 1,
};
typedef uint8_t types_bits;
enum {
  TYPES_BITS_A = 1u << 0,
  TYPES_BITS_B = 1u << 1,
};
typedef uint16_t types_http_code;
typedef uint32_t types_conn;
typedef struct { uint8_t *data; size_t length; } list_u8;
typedef struct { bool is_err; } result_none_none;
typedef types_color async_type_colour;
typedef struct { uint8_t tag; union { double circle; } value; } async_type_shape;
enum {
  ASYNC_TYPE_SHAPE_CIRCLE = 0,
  ASYNC_TYPE_SHAPE_NONE = 1,
};
typedef struct { uint8_t f0; string f1; uint32_t f2; } tuple_u8_string_char;
typedef struct { tuple_u8_string_char *data; size_t length; } list_tuple_u8_string_char;
typedef struct { bool is_some; list_tuple_u8_string_char value; } option_list_tuple_u8_string_char;
typedef struct {
  bool is_err;
  union {
    async_type_shape err;
  } value;
} result_none_async_type_shape;
typedef struct { bool is_err; union { uint8_t ok; } value; } result_u8_none;
typedef struct { bool is_err; union { uint32_t ok; string err; } value; } result_u32_string;
typedef struct { int64_t f0; } tuple_s64;
typedef struct { types_guest *data; size_t length; } list_types_guest;
typedef struct { int8_t f0; list_types_guest f1; } tuple_s8_list_types_guest;
typedef struct { string *data; size_t length; } list_string;
typedef struct { uint32_t *data; size_t length; } list_u32;

// What the host has. A handle that is not given away is dropped.
void types_conn_drop(types_conn self);
types_conn types_conn_new(void);
result_none_none types_conn_send(types_conn self, list_u8 x);
result_none_async_type_shape async_type_loop(uint8_t self_id, option_list_tuple_u8_string_char type, async_type_colour c);
tuple_s8_list_types_guest async_type_a1_b2(result_u8_none x, result_u32_string y, types_guest g, types_bits bs, float f, tuple_s64 t);
void async_type_use_conn(types_conn c, types_conn d, string a_very_long_parameter_name, list_string another_very_long_parameter_name);

// The functions of the plugin, in plugin.c.
list_u32 run(types_color c);
void stop(void);
result_none_async_type_shape exports_async_type_loop(uint8_t self_id, option_list_tuple_u8_string_char type, async_type_colour c);
tuple_s8_list_types_guest exports_async_type_a1_b2(result_u8_none x, result_u32_string y, types_guest g, types_bits bs, float f, tuple_s64 t);
void exports_async_type_use_conn(types_conn c, types_conn d, string a_very_long_parameter_name, list_string another_very_long_parameter_name);

#endif
