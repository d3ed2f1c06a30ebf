package reference_test

import (
	"fmt"
	"strings"
)

// texts returns texts that readers of JSON disagree about.
func texts() (all []string) {
	for _, timestamp := range []string{
		"0", "9", "18446744073709551615", "18446744073709551616", "99999999999999999999", "100000000000000000000",
		"00000000000000000001", "00", "01", "-0", "-1", "1.0", "1e0", "1E3", "+1", "", "null", `"1"`, "1 2", "[1]", "{}", "true",
	} {
		all = append(all, fmt.Sprintf(`[{"timestamp":%s,"value":1}]`, timestamp), fmt.Sprintf(`[{ "value" : 1 , "timestamp" : %s }]`, timestamp),
			fmt.Sprintf(`[[%s,1]]`, timestamp))
	}
	zeros, nines := strings.Repeat("0", 20_000), strings.Repeat("9", 20_000)
	for _, number := range []string{
		"0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "1e5", "1E+5", "1e-5", "1.5e3", "0e999999999999", "1e4294967295", "1e-4294967297",
		"1e-1099511627776", "1e-18446744073709551616", "-0.0e-99999999999999999999999", "1e-400", "1e400", "-1e400",
		"1e999999999999999999999", "0.1e18446744073709551617", "1.7976931348623157e308", "1.7976931348623158e308",
		"1.7976931348623159e308", "179769313486231580793e289", "4.9e-324", "2.5e-324", "2.4703282292062327e-324",
		"2.4703282292062328e-324", "2.2250738585072011e-308", "9007199254740993", "9007199254740993.00000000000000000001",
		"9007199254740992.99999999999999999999", "18446744073709551616", "0.30000000000000004", "100000000000000016777216",
		"00", "01", "-01", "-", "-a", "+1", ".5", "-.5", "1.", "1.e5", "1e", "1e+", "1e-", "1ea", "1.5.5", "1e5e5", "0x10", "1_000",
		"1a", "--1", "NaN", "Infinity", "-Infinity", "null", "true", "false", `"1"`, "[1]", "{}", "", " ", "１",
		"0." + zeros + "1e20001", "1" + zeros + "e-20000", "0." + zeros + "1", "0." + nines, nines + "e-20000", nines + "e-19691",
		"9007199254740993." + zeros, "9007199254740993." + zeros + "1", "1e" + zeros + "5", "1e-" + nines, "0e" + nines, "1" + zeros, "1e" + nines,
	} {
		all = append(all, fmt.Sprintf(`[{"timestamp":1,"value":%s}]`, number), fmt.Sprintf(`[{"x":%s,"timestamp":1,"value":0}]`, number),
			fmt.Sprintf("[[1,%s]]", number), fmt.Sprintf(`[{"timestamp":1,"value":%s`, number))
	}
	for _, depth := range []int{1, 126, 127, 128, 20_000} {
		open, end := strings.Repeat("[", depth), strings.Repeat("]", depth)
		all = append(all, open, open+end, `{"a":`+open, fmt.Sprintf(`[{"timestamp":1,"value":%s%s}]`, open, end),
			fmt.Sprintf(`[{"timestamp":1,"x":%s%s,"value":2}]`, open, end), fmt.Sprintf(`[{"timestamp":1,"x":%s%s,"value":2}]`, open, end[1:]),
			fmt.Sprintf(`[{"timestamp":1,"x":%s1%s,"value":2}]`, strings.Repeat(`{"a":`, depth), strings.Repeat("}", depth)))
	}
	return append(all,
		"[[1,2.5]]", "[[1]]", "[[]]", "[[1,2,3]]", "[[1,2],[3,4.5e0]]", "[[ 1 , 2 ]]", `[{"timestamp":1,"value":2},[3,4]]`,
		`[{"timestamp":1,"value":2,"quality":"good"}]`, `[{"quality":{"a":[1,{"b":null}]},"timestamp":1,"value":2}]`,
		`[{"timest\u0061mp":1,"\u0076alue":2}]`, `[{"timestamp":1,"timest\u0061mp":1,"value":2}]`, `[{"timestamp":1,"value":2,"value":3}]`,
		`[{"value":2,"value":"x","timestamp":1}]`, `[{"timestamp":1}]`, `[{"value":1}]`, "[{}]", `[{"Timestamp":1,"value":2}]`,
		`[{"timestamps":1,"value":2}]`, `[{"":1,"timestamp":1,"value":2}]`, `[{"x":1,"x":2,"timestamp":1,"value":2}]`,
		`[{"x":"\ud800","timestamp":1,"value":2}]`, `[{"x":"\ud83d\ude00","timestamp":1,"value":2}]`, `[{"\ud800":1,"timestamp":1,"value":2}]`,
		`[{"\udc00":1,"timestamp":1,"value":2}]`, `[{"\ud800\ud800":1,"timestamp":1,"value":2}]`, `[{"\ud800x":1,"timestamp":1,"value":2}]`,
		`[{"\ud83d\ude00":1,"timestamp":1,"value":2}]`, `[{"x":{"\ud800":1},"timestamp":1,"value":2}]`, `[{"x":"\ud800\u","timestamp":1,"value":2}]`,
		`[{"x":"\x","timestamp":1,"value":2}]`, `[{"x":"\u12g4","timestamp":1,"value":2}]`, `[{"x":"\u+123","timestamp":1,"value":2}]`,
		`[{"x":"\u1_23","timestamp":1,"value":2}]`, `[{"x":"\uABCD\/","timestamp":1,"value":2}]`,
		"[{\"x\":\"a\nb\",\"timestamp\":1,\"value\":2}]", "[{\"x\":\"a\x00b\",\"timestamp\":1,\"value\":2}]", "[{\"x\":\"\x7f\u0080\U0010ffff\",\"timestamp\":1,\"value\":2}]",
		`[{"x":tru,"timestamp":1,"value":2}]`, `[{"x":[1,],"timestamp":1,"value":2}]`, `[{"x":{"a":1,},"timestamp":1,"value":2}]`,
		`[{"x":{,},"timestamp":1,"value":2}]`, `[{"x":[1 2],"timestamp":1,"value":2}]`, `[{"x":{"a"},"timestamp":1,"value":2}]`, `[{"x":[}],"timestamp":1,"value":2}]`,
		"null", "1", `"x"`, "{}", `{"timestamp":1,"value":2}`, "[null]", "[1]", `["a"]`, "[[[]]]", "[]", " [ \n] ", "", " ", "[", "]", "[{", "[{]", "[}", "[,]",
		"[{}", "[{},", "[1,", `[{"timestamp"`, `[{"timestamp`, `[{"timestamp":`, `[{"timestamp":1,`, `[{"timestamp":1,}]`,
		`[{"timestamp":1 "value":2}]`, `[{"timestamp" 1,"value":2}]`, `[{"timestamp":1,"value":2},]`, `[{"timestamp":1,"value":2}`,
		`[{"timestamp":1,"value":2}]]`, `[{"timestamp":1,"value":2}] x`, `[{"timestamp":1,"value":2} {"timestamp":1,"value":2}]`,
		`[{"timestamp":1,"value":2},,{"timestamp":1,"value":2}]`, "\ufeff[[1,2]]", "\u00a0[]", "[\u2003]", "\f[]", "\x00", "[]\x00", "// x\n[]",
		"[{'timestamp':1,'value':2}]", "[{timestamp:1,value:2}]", "[\"\xff\"]", "\xff")
}
