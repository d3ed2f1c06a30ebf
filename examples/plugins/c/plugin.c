// A plugin in C for the contract of compute-pipeline, in the grade stable. It is written
// against the canonical ABI by hand, without a C library.
#include "plugin.h"

#define EXPORT(name) __attribute__((export_name(name)))

// The claim: a custom section.
__asm__(".section \".custom_section.compute-pipeline:grade\",\"\",@\n"
        ".ascii \"stable\"\n");

static bool is_finite(double x) { return x - x == 0; }

static double canonical(double x) { return x == x ? x : __builtin_nan(""); }

typedef struct { double *data; size_t length; } doubles;

// The two-pass algorithm (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
// computing the sample variance", The American Statistician 37, 1983).
EXPORT("org:analytics/metrics@0.1.0#compute-aggregate")
doubles *compute_aggregate(const datapoint *points, size_t length) {
  double sum = 0, squares = 0, n = length > 0 ? (double)length : 1;
  for (size_t i = 0; i < length; i++) sum += points[i].value;
  double mean = sum / n;
  for (size_t i = 0; i < length; i++) squares += (points[i].value - mean) * (points[i].value - mean);
  doubles *result = allocate(sizeof *result);
  *result = (doubles){allocate(3 * sizeof(double)), 3};
  result->data[0] = canonical(mean);
  result->data[1] = canonical(squares / n);
  result->data[2] = canonical(sum);
  return result;
}

EXPORT("org:analytics/metrics@0.1.0#validate-stream")
stream_result *validate_stream(const char *text, size_t length) {
  stream_result *result = allocate(sizeof *result);
  *result = parse_stream(text, length);
  return result;
}

// sort sorts by timestamp and keeps the order of equal ones: a merge sort, which returns
// either of the two arrays.
static datapoint *sort(datapoint *from, datapoint *to, size_t length) {
  for (size_t width = 1; width < length; width *= 2) {
    for (size_t begin = 0; begin < length; begin += 2 * width) {
      size_t middle = length - begin < width ? length : begin + width;
      size_t last = length - begin < 2 * width ? length : begin + 2 * width;
      size_t a = begin, b = middle;
      for (size_t i = begin; i < last; i++) {
        bool left = b == last || (a < middle && from[a].timestamp <= from[b].timestamp);
        to[i] = left ? from[a++] : from[b++];
      }
    }
    datapoint *swap = from;
    from = to;
    to = swap;
  }
  return from;
}

// A list of datapoints packed in bytes: its length counts bytes.
EXPORT("org:compute/pipeline@0.1.0#process-batch")
datapoints *process_batch(datapoint *points, size_t bytes) {
  if (bytes % sizeof(datapoint) != 0) __builtin_trap();
  size_t length = 0;
  for (size_t i = 0; i < bytes / sizeof(datapoint); i++)
    if (is_finite(points[i].value)) points[length++] = points[i];
  points = sort(points, allocate(bytes), length);
  size_t kept = 0;
  for (size_t i = 0; i < length; i++)
    if (i + 1 == length || points[i + 1].timestamp != points[i].timestamp) points[kept++] = points[i];
  datapoints *result = allocate(sizeof *result);
  *result = (datapoints){points, kept * sizeof(datapoint)};
  return result;
}

EXPORT("org:compute/pipeline@0.1.0#validate-checksum")
bool validate_checksum(const uint8_t *data, size_t length, uint32_t expected) {
  // Four bits at a time.
  static const uint32_t table[16] = {
      0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
      0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < length; i++) {
    crc ^= data[i];
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  release(); // a number needs no post-return
  return ~crc == expected;
}

// The host calls these once it has copied a result: the call is over.
EXPORT("cabi_post_org:analytics/metrics@0.1.0#compute-aggregate")
void compute_aggregate_done(doubles *unused) { (void)unused; release(); }

EXPORT("cabi_post_org:analytics/metrics@0.1.0#validate-stream")
void validate_stream_done(stream_result *unused) { (void)unused; release(); }

EXPORT("cabi_post_org:compute/pipeline@0.1.0#process-batch")
void process_batch_done(datapoints *unused) { (void)unused; release(); }
