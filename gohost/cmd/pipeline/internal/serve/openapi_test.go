package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
)

func document(t *testing.T, s *service) *openapi3.T {
	t.Helper()
	a := s.do("GET", "/openapi.json", nil)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "application/openapi+json", a.header.Get("Content-Type"))
	doc, err := openapi3.NewLoader().LoadFromData(a.body)
	require.NoError(t, err)
	return doc
}

func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	doc := document(t, start(t))
	assert.Equal(t, "3.1.0", doc.OpenAPI)
	assert.NoError(t, doc.Validate(t.Context()))
	for _, k := range problem.Kinds() {
		assert.Contains(t, doc.Info.Description, fmt.Sprintf("- %d `%s`: %s\n", k.Status, k.Code, k.Doc))
	}
	detector := doc.Paths.Value("/v1/detectors/{plugin}/detect").Post.Parameters.GetByInAndName("path", "plugin")
	assert.Contains(t, detector.Schema.Value.Description, "detector")
	assert.Equal(t, []any{"anomaly"}, detector.Schema.Value.Examples)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			assert.NotEmpty(t, op.Summary, "%s %s", method, path)
			assert.NotEmpty(t, op.Description, "%s %s", method, path)
			assert.NotNil(t, op.Responses.Value("default"), "%s %s", method, path)
			assert.Equal(t, method == http.MethodPost && !regexp.MustCompile(`/(rollback|reset|retry|activate|shadow)$`).MatchString(path), op.RequestBody != nil, "%s %s", method, path)
		}
	}
}

func TestDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator))
	fill := strings.NewReplacer("{plugin}", "engine", "{version}", strings.Repeat("0", 64))
	documented := []string{}
	for path, item := range document(t, s).Paths.Map() {
		for method, op := range item.Operations() {
			a := s.do(method, fill.Replace(path), nil)
			if op.Security != nil && len(*op.Security) == 0 {
				assert.Equal(t, http.StatusOK, a.status, "%s %s is for all", method, path)
			} else {
				assert.Equal(t, "no-key", a.problem(t).Code, "%s %s is for those who have a key", method, path)
			}
			documented = append(documented, method+" "+path)
		}
	}
	routes := s.server.Routes()
	for i, route := range routes {
		routes[i] = strings.TrimSuffix(route, "{$}")
	}
	assert.ElementsMatch(t, routes, documented)
}

// Responses match the document: their bodies are checked against its schemas.
func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = t.TempDir() })
	doc := document(t, s)
	inf := make([]byte, 16)
	inf[14], inf[15] = 0xf0, 0x7f
	state := string(s.post("engine", "fold", packedType, batch(1), key(userKey)).body)
	for _, test := range []struct {
		path   string
		answer answer
	}{
		{"POST /v1/plugins/{plugin}/aggregate", s.post("engine", "aggregate", jsonType, []byte(`[[1,2]]`), key(userKey))},
		{"POST /v1/plugins/{plugin}/aggregate", s.post("engine", "aggregate", packedType, inf, key(userKey))},
		{"POST /v1/plugins/{plugin}/aggregate", s.post("engine", "aggregate", jsonType, []byte(`[[1`), key(userKey))},
		{"POST /v1/plugins/{plugin}/validate", s.post("engine", "validate", jsonType, []byte(`[[1,2]]`), key(userKey))},
		{"POST /v1/plugins/{plugin}/process-batch", s.post("engine", "process-batch", packedType, batch(1), key(userKey))},
		{"POST /v1/plugins/{plugin}/fold", s.post("engine", "fold", packedType, batch(1), key(userKey))},
		{"POST /v1/plugins/{plugin}/finish", s.post("engine", "finish", jsonType, []byte(state), key(userKey))},
		{"POST /v1/plugins/{plugin}/checksum", s.do("POST", "/v1/plugins/engine/checksum?expected=1", nil, key(userKey))},
		{"POST /v1/plugins/{plugin}/checksum", s.do("POST", "/v1/plugins/engine/checksum", nil, key(userKey))},
		{"POST /v1/detectors/{plugin}/detect", s.do("POST", detectPath, series(400, 300, 399), key(userKey), header("Content-Type", jsonType))},
		{"POST /v1/detectors/{plugin}/detect", s.do("POST", detectPath, []byte("[[1"), key(userKey), header("Content-Type", jsonType))},
		{"GET /v1/plugins", s.do("GET", "/v1/plugins", nil, key(userKey))},
		{"GET /v1/plugins", s.do("GET", "/v1/plugins", nil)},
		{"POST /v1/admin/plugins/{plugin}/versions", s.upload("p", engineModule(t))},
		{"POST /v1/admin/plugins/{plugin}/versions", s.upload("p", nil)},
		{"GET /v1/admin/plugins", s.change("GET ")},
		{"GET /v1/admin/plugins/{plugin}", s.change("GET p")},
		{"POST /v1/admin/plugins/{plugin}/versions", s.upload("p", edition(engineModule(t), "2"))},
		{"POST /v1/admin/plugins/{plugin}/rollback", s.change("POST p/rollback")},
		{"POST /v1/admin/plugins/{plugin}/versions/{version}/activate", s.change("POST p/versions/" + hashOf(engineModule(t)) + "/activate")},
		{"POST /v1/admin/plugins/{plugin}/reset", s.change("POST p/reset")},
		{"POST /v1/admin/plugins/{plugin}/retry", s.change("POST p/retry")},
		{"DELETE /v1/admin/plugins/{plugin}", s.change("DELETE p")},
	} {
		method, path := split(test.path)
		op := doc.Paths.Value(path).GetOperation(method)
		response := op.Responses.Status(test.answer.status)
		if response == nil {
			response = op.Responses.Default()
		}
		mediaType := test.answer.header.Get("Content-Type")
		if test.answer.status == http.StatusNoContent {
			assert.Empty(t, response.Value.Content, test.path)
			continue
		}
		content := response.Value.Content[mediaType]
		if !assert.NotNil(t, content, "%s answers %s", test.path, mediaType) {
			continue
		}
		var body any
		require.NoError(t, json.Unmarshal(test.answer.body, &body))
		assert.NoError(t, content.Schema.Value.VisitJSON(body, openapi3.EnableJSONSchema2020()), "%s: %s", test.path, test.answer.body)
	}
}
