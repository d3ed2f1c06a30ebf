// A plugin of the world my-org:my-pkg/my-world@1.2.0.
#include "contract.h"

list_u32 run(types_color c) {
  (void)c;
  __builtin_trap(); // it is not written yet
}

void stop(void) {
  __builtin_trap(); // it is not written yet
}

result_none_async_type_shape exports_async_type_loop(uint8_t self_id, option_list_tuple_u8_string_char type, async_type_colour c) {
  (void)self_id;
  (void)type;
  (void)c;
  __builtin_trap(); // it is not written yet
}

tuple_s8_list_types_guest exports_async_type_a1_b2(result_u8_none x, result_u32_string y, types_guest g, types_bits bs, float f, tuple_s64 t) {
  (void)x;
  (void)y;
  (void)g;
  (void)bs;
  (void)f;
  (void)t;
  __builtin_trap(); // it is not written yet
}

void exports_async_type_use_conn(types_conn c, types_conn d, string a_very_long_parameter_name, list_string another_very_long_parameter_name) {
  (void)c;
  (void)d;
  (void)a_very_long_parameter_name;
  (void)another_very_long_parameter_name;
  __builtin_trap(); // it is not written yet
}
