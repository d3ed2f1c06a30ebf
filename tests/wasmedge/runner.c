// A runner of ../README.md for WasmEdge: runner MODULE calls the exports of a core module that
// imports nothing. The strings of its requests are names, digits and hexadecimal digits, so
// that none has an escape, and a key is where its text is.

#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wasmedge/wasmedge.h>

static const char *request; // the line that is being answered

static _Noreturn void fail(const char *message) {
  fprintf(stderr, "%s; the request was %.200s\n", message, request ? request : "none");
  exit(1);
}

static void check(WasmEdge_Result result) {
  if (!WasmEdge_ResultOK(result)) fail(WasmEdge_ResultGetMessage(result));
}

// The module, and an instance of it.
static WasmEdge_ASTModuleContext *module;
static WasmEdge_ExecutorContext *executor;
static WasmEdge_StoreContext *store;
static WasmEdge_ModuleInstanceContext *instance;

static void load(const char *path) {
  WasmEdge_LoaderContext *loader = WasmEdge_LoaderCreate(NULL);
  check(WasmEdge_LoaderParseFromFile(loader, &module, path));
  WasmEdge_LoaderDelete(loader);
  WasmEdge_ValidatorContext *validator = WasmEdge_ValidatorCreate(NULL);
  check(WasmEdge_ValidatorValidate(validator, module));
  WasmEdge_ValidatorDelete(validator);
  executor = WasmEdge_ExecutorCreate(NULL, NULL);
  store = WasmEdge_StoreCreate();
}

static WasmEdge_FunctionInstanceContext *function(const char *name, size_t length) {
  return WasmEdge_ModuleInstanceFindFunction(instance, WasmEdge_StringWrap(name, (uint32_t)length));
}

static void start(void) {
  if (instance) WasmEdge_ModuleInstanceDelete(instance);
  check(WasmEdge_ExecutorInstantiate(executor, &instance, store, module));
  const char name[] = "_initialize";
  WasmEdge_FunctionInstanceContext *initialize = function(name, sizeof name - 1);
  if (initialize) check(WasmEdge_ExecutorInvoke(executor, initialize, NULL, 0, NULL, 0));
}

// after returns what follows a key, or NULL if the request has no such key.
static const char *after(const char *key) {
  const char *at = strstr(request, key);
  return at ? at + strlen(key) : NULL;
}

// number reads the number that follows a key.
static uint64_t number(const char *key) {
  const char *at = after(key);
  char *end;
  uint64_t value = at ? strtoull(at, &end, 10) : 0;
  if (!at || end == at) fail("expected a number");
  return value;
}

// string returns the string that follows a key with its quote, and sets its length.
static const char *string(const char *key, size_t *length) {
  const char *at = after(key);
  if (at) *length = strcspn(at, "\"");
  return at;
}

static WasmEdge_Value value(WasmEdge_ValType type, uint64_t bits) {
  float single;
  double wide;
  uint32_t low = (uint32_t)bits;
  memcpy(&single, &low, sizeof single);
  memcpy(&wide, &bits, sizeof wide);
  if (WasmEdge_ValTypeIsI32(type)) return WasmEdge_ValueGenI32((int32_t)low);
  if (WasmEdge_ValTypeIsI64(type)) return WasmEdge_ValueGenI64((int64_t)bits);
  if (WasmEdge_ValTypeIsF32(type)) return WasmEdge_ValueGenF32(single);
  if (WasmEdge_ValTypeIsF64(type)) return WasmEdge_ValueGenF64(wide);
  fail("a parameter is not a number");
}

static uint64_t bits(WasmEdge_Value value) {
  uint64_t wide = 0;
  uint32_t low = 0;
  if (WasmEdge_ValTypeIsI32(value.Type)) return (uint32_t)WasmEdge_ValueGetI32(value);
  if (WasmEdge_ValTypeIsI64(value.Type)) return (uint64_t)WasmEdge_ValueGetI64(value);
  if (WasmEdge_ValTypeIsF32(value.Type)) return memcpy(&low, &(float){WasmEdge_ValueGetF32(value)}, sizeof low), low;
  if (WasmEdge_ValTypeIsF64(value.Type)) return memcpy(&wide, &(double){WasmEdge_ValueGetF64(value)}, sizeof wide), wide;
  fail("a result is not a number");
}

enum { MAX = 16 }; // values that a function takes or returns

static void invoke(const char *name, size_t length) {
  WasmEdge_FunctionInstanceContext *called = function(name, length);
  if (!called) fail("the module does not export this function");
  const WasmEdge_FunctionTypeContext *type = WasmEdge_FunctionInstanceGetFunctionType(called);
  WasmEdge_ValType types[MAX];
  uint32_t params = WasmEdge_FunctionTypeGetParameters(type, types, MAX);
  uint32_t results = WasmEdge_FunctionTypeGetReturnsLength(type);
  if (params > MAX || results > MAX) fail("too many parameters or results");
  WasmEdge_Value args[MAX], returned[MAX];
  const char *at = after("\"args\":[");
  for (uint32_t i = 0; i < params; i++) {
    const char *digits = at ? strchr(at, '"') : NULL;
    const char *end = digits ? strchr(digits + 1, '"') : NULL;
    if (!end) fail("too few arguments");
    args[i] = value(types[i], strtoull(digits + 1, NULL, 10));
    at = end + 1;
  }
  WasmEdge_Result result = WasmEdge_ExecutorInvoke(executor, called, args, params, returned, results);
  if (!WasmEdge_ResultOK(result)) {
    uint32_t code = WasmEdge_ResultGetCode(result);
    if (code < WasmEdge_ErrCode_DivideByZero) check(result); // of the call, not of the guest
    printf("{\"trap\":\"%s\"}\n", WasmEdge_ResultGetMessage(result));
    return;
  }
  printf("{\"results\":[");
  for (uint32_t i = 0; i < results; i++) printf("%s\"%" PRIu64 "\"", i ? "," : "", bits(returned[i]));
  printf("]}\n");
}

static uint8_t *memory(uint64_t at, uint64_t length) {
  WasmEdge_MemoryInstanceContext *found = WasmEdge_ModuleInstanceFindMemory(instance, WasmEdge_StringWrap("memory", 6));
  uint8_t *data = found ? WasmEdge_MemoryInstanceGetPointer(found, at, length) : NULL;
  if (!data) fail("out of bounds of the memory");
  return data;
}

static void read_memory(uint64_t at, uint64_t length) {
  uint8_t *data = length ? memory(at, length) : NULL;
  printf("{\"hex\":\"");
  for (uint64_t i = 0; i < length; i++) printf("%02x", data[i]);
  printf("\"}\n");
}

static void write_memory(uint64_t at, const char *hex, size_t length) {
  if (length % 2) fail("an odd number of hexadecimal digits");
  uint8_t *data = length ? memory(at, length / 2) : NULL;
  for (size_t i = 0; i < length; i += 2) {
    char pair[] = {hex[i], hex[i + 1], 0}, *end;
    data[i / 2] = (uint8_t)strtoul(pair, &end, 16);
    if (*end) fail("expected hexadecimal digits");
  }
  printf("{}\n");
}

static void global(const char *name, size_t length) {
  WasmEdge_GlobalInstanceContext *found = WasmEdge_ModuleInstanceFindGlobal(instance, WasmEdge_StringWrap(name, (uint32_t)length));
  WasmEdge_Value value = found ? WasmEdge_GlobalInstanceGetValue(found) : WasmEdge_ValueGenI64(0);
  if (WasmEdge_ValTypeIsI32(value.Type)) {
    printf("{\"global\":%" PRIu32 "}\n", (uint32_t)WasmEdge_ValueGetI32(value));
  } else {
    printf("{\"global\":null}\n");
  }
}

static void answer(void) {
  const char *text;
  size_t length = 0;
  if (after("{\"functions\":")) {
    printf("{\"runtime\":\"WasmEdge\",\"version\":\"%s\"}\n", WasmEdge_VersionGet());
  } else if ((text = string("\"invoke\":\"", &length))) {
    invoke(text, length);
  } else if ((text = string("\"global\":\"", &length))) {
    global(text, length);
  } else if ((text = string("\"hex\":\"", &length))) {
    write_memory(number("\"write\":"), text, length);
  } else if (after("\"read\":")) {
    read_memory(number("\"read\":"), number("\"length\":"));
  } else if (after("{\"start\":true}")) {
    start();
    printf("{}\n");
  } else {
    fail("expected invoke, global, start, write or read");
  }
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 2) fail("usage: runner MODULE");
  WasmEdge_LogOff();
  load(argv[1]);
  start();
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    request = line;
    answer();
  }
  return 0;
}
