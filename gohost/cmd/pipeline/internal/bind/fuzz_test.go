package bind

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the description of a world says, Generate returns files that are Go, which it
// checks itself, or an error. A seed changes a few values of a description.
func FuzzGenerate(f *testing.F) {
	descriptions := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(worlds)) {
		descriptions[name] = describe(f, name)
		for seed := range uint64(20) {
			f.Add(name, seed)
		}
	}
	f.Fuzz(func(t *testing.T, name string, seed uint64) {
		description, ok := descriptions[name]
		if !ok {
			t.Skip()
		}
		var world any
		if err := json.Unmarshal(description, &world); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for range 1 + r.IntN(3) {
			world = changed(r, world, 0)
		}
		text, err := json.Marshal(world)
		if err != nil {
			t.Fatal(err)
		}
		files, err := Generate(text, Options{Package: "p"})
		if (err == nil) != (len(files) > 0) {
			t.Errorf("%d files and the error %v", len(files), err)
		}
	})
}

// changed returns a value of JSON with one value in it changed.
func changed(r *rand.Rand, value any, depth int) any {
	if depth > 3 && r.IntN(4) == 0 {
		return other(r, value)
	}
	switch value := value.(type) {
	case map[string]any:
		if len(value) > 0 {
			keys := slices.Sorted(maps.Keys(value))
			key := keys[r.IntN(len(keys))]
			value[key] = changed(r, value[key], depth+1)
			return value
		}
	case []any:
		if len(value) > 0 {
			i := r.IntN(len(value))
			value[i] = changed(r, value[i], depth+1)
			return value
		}
	}
	return other(r, value)
}

func other(r *rand.Rand, value any) any {
	choices := []any{nil, "", "u8", "string", "record", "alias", "own", "resource", "a-b", float64(r.IntN(40)), -1.0, true, []any{}, map[string]any{}}
	if list, ok := value.([]any); ok && len(list) > 0 {
		return list[:r.IntN(len(list))]
	}
	return choices[r.IntN(len(choices))]
}
