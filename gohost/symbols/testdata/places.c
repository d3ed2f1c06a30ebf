// A module with debug information for the tests: build.sh.

static int counter;

__attribute__((always_inline)) static inline int divide(int a, int b) {
  return a / b; // the division
}

__attribute__((always_inline)) static inline int twice(int a, int b) {
  return divide(a, b) + divide(b, 3); // the calls of divide
}

__attribute__((noinline)) static int work(int a, int b) {
  for (int i = 0; i < a; i++) counter += i * b; // the loop
  return twice(a, b); // the call of twice
}

__attribute__((export_name("run"))) int run(int a, int b) {
  return work(a, b) + counter; // the call of work
}
