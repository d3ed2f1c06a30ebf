package vectors_test

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/gohost/vectors"
)

// Vectors for a function of a contract of one's own, run on an implementation in Go.
func Example() {
	file, err := vectors.Parse([]byte(`{"format": 2, "world": "my:words/words@1.0.0", "cases": [
		{"id": "upper/ascii", "call": "upper", "args": ["abc"], "want": {"value": "ABC"}},
		{"id": "upper/long", "call": "upper",
		 "args": [{"$repeat": "ab", "times": 3}], "want": {"value": "ABABAB"}},
		{"id": "upper/sharp-s", "call": "upper", "args": ["ß"], "want": {"value": "SS"}}
	]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range file.Cases {
		result, err := c.Run(func(function string, args []any) (any, error) {
			return strings.ToUpper(args[0].(string)), nil
		})
		if err != nil {
			fmt.Println(c.ID, err)
			return
		}
		if wrong := c.Want().Mismatch(result); wrong != "" {
			fmt.Println(c.ID, wrong)
		}
	}
	// Output: upper/sharp-s got "ß"; want "SS"
}
