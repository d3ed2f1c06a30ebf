package bind

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"a":                {"A", "a"},
		"point":            {"Point", "point"},
		"user-id":          {"UserID", "userID"},
		"id-of-user":       {"IDOfUser", "idOfUser"},
		"http-url":         {"HTTPURL", "httpURL"},
		"HTTP-server":      {"HTTPServer", "httpServer"},
		"ids":              {"IDs", "ids"},
		"utf8-text":        {"UTF8Text", "utf8Text"},
		"sha-256":          {"Sha256", "sha256"},
		"sha256":           {"Sha256", "sha256"},
		"identity":         {"Identity", "identity"},
		"get-x-of-y2":      {"GetXOfY2", "getXOfY2"},
		"json":             {"JSON", "json"},
		"incoming-request": {"IncomingRequest", "incomingRequest"},
	} {
		assert.Equal(t, want[0], pascal(name), name)
		assert.Equal(t, want[1], camel(name), name)
	}
}

func TestParameterNames(t *testing.T) {
	names := []string{"type", "len", "string", "err", "ctx", "c", "load-point", "load", "user-id", "userid", "sha-256", "sha256"}
	params := make([]param, len(names))
	for i, name := range names {
		params[i].name = name
	}
	assert.Equal(t, []string{
		"typeValue", "lenValue", "stringValue", "errValue", "ctxValue", "cValue", "loadPointValue", "load", "userID", "userid",
		"sha256", "sha256_2",
	}, paramNames(params))
}

func TestPrefixes(t *testing.T) {
	assert.Equal(t, []string{"", "Store", "KvStore", "ExKvStore", "ExKvStoreV1_2"}, prefixesOf("ex:kv/store@1.2.0"))
	assert.Equal(t, []string{"", "Types", "HTTPTypes", "WASIHTTPTypes", "WASIHTTPTypesV0_2_1_rc"}, prefixesOf("wasi:http/types@0.2.1-rc"))
	assert.Equal(t, []string{"", "Store", "KvStore", "ABKvStore"}, prefixesOf("a:b:kv/store"))
	assert.Equal(t, []string{"", "Inline"}, prefixesOf("inline"))
}

// named declares an item with one name in a scope, and returns where the name will be.
func named(s *scope, name string, prefixes ...string) *string {
	got := new(string)
	s.add(prefixes, func(prefix string, number int) []string {
		*got = numbered(prefix+name, number)
		return []string{*got}
	})
	return got
}

func TestCollisions(t *testing.T) {
	t.Run("all that collide change", func(t *testing.T) {
		s := &scope{}
		a, b, other := named(s, "Error", "", "Store"), named(s, "Error", "", "Log"), named(s, "Level", "", "Log")
		s.resolve()
		assert.Equal(t, []string{"StoreError", "LogError", "Level"}, []string{*a, *b, *other})
	})
	t.Run("what is reserved stays", func(t *testing.T) {
		s := &scope{}
		a := named(s, "Close", "", "Store")
		s.reserve("Close")
		s.resolve()
		assert.Equal(t, "StoreClose", *a)
	})
	t.Run("as long as it takes", func(t *testing.T) {
		s := &scope{}
		a, b := named(s, "E", "", "Types", "ATypes"), named(s, "E", "", "Types", "BTypes")
		c := named(s, "TypesE", "", "X")
		s.resolve()
		assert.Equal(t, []string{"ATypesE", "BTypesE", "XTypesE"}, []string{*a, *b, *c})
	})
	t.Run("numbers in the end", func(t *testing.T) {
		s := &scope{}
		a, b, c := named(s, "E", "", "Same"), named(s, "E", "", "Same"), named(s, "E1", "")
		d := named(s, "E1")
		s.resolve()
		assert.Equal(t, []string{"SameE", "SameE2", "E1", "E1_2"}, []string{*a, *b, *c, *d})
	})
	t.Run("names that belong together", func(t *testing.T) {
		s := &scope{}
		var variant []string
		s.add([]string{"", "Geometry"}, func(prefix string, _ int) []string {
			variant = []string{prefix + "Shape", prefix + "ShapeCircle"}
			return variant
		})
		circle := named(s, "ShapeCircle", "", "Other")
		s.resolve()
		assert.Equal(t, []string{"GeometryShape", "GeometryShapeCircle"}, variant)
		assert.Equal(t, "OtherShapeCircle", *circle)
	})
}

// Methods of one world, whose names would be those of what is generated besides them.
func TestNamesOfMethods(t *testing.T) {
	const world = `{"package":"a:b","version":"","world":"load","types":[],"imports":[],"exports":[
		{"interface":"a:b/x","functions":[
			{"name":"close","kind":"function","params":[]},
			{"name":"write-byte","kind":"function","params":[]},
			{"name":"get","kind":"function","params":[],"result":"string"}]},
		{"interface":"a:b/y","functions":[{"name":"get","kind":"function","params":[]}]}]}`
	w, err := parse([]byte(world))
	assert.NoError(t, err)
	var names []string
	for _, f := range w.functions() {
		names = append(names, f.goName)
	}
	assert.Equal(t, []string{"XClose", "XWriteByte", "XGet", "YGet"}, names)
	assert.Equal(t, "LoadWorld", w.goName)
}

func TestDocsFollowTheName(t *testing.T) {
	for docs, want := range map[string]string{
		"Reads a file.":     "reads a file.",
		"Whether it is so.": "reports whether it is so.",
		"A point.":          "is a point.",
		"The sum.":          "is the sum.",
		"[mean, variance]":  "",
		"Statistics over x": "",
		"":                  "",
	} {
		got, ok := following(docs)
		assert.Equal(t, want, got, docs)
		assert.Equal(t, want != "", ok, docs)
	}
}
