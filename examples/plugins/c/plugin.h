// What the files of the plugin share.
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The record of the contract. It has the layout of a C struct.
typedef struct { uint64_t timestamp; double value; } datapoint;
typedef struct { datapoint *data; size_t length; } datapoints;
typedef struct { const char *data; size_t length; } string;

// result<list<datapoint>, string>
typedef struct {
  bool is_err;
  union { datapoints points; string message; } value;
} stream_result;

// allocate returns memory that lasts until the end of the call, directly after what it
// returned before if sizes are multiples of 8.
void *allocate(size_t size);

// release ends a call.
void release(void);

// parse_stream reads a JSON array of records.
stream_result parse_stream(const char *text, size_t length);

// parse_number returns the double nearest to a number in the form of JSON, ties to even, and
// an infinity for a number beyond the largest.
double parse_number(const char *text, size_t length);

#endif
