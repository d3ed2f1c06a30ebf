package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/guard"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/internal/text"
)

// A parameter that violates its schema is a problem like any other. huma has this hook for
// the whole program, and this package is its only user.
func init() {
	huma.NewError = func(status int, message string, details ...error) huma.StatusError {
		kind := problem.Internal
		if status >= 400 && status < 500 {
			kind = problem.InvalidParameter
		}
		for _, detail := range details {
			message += "; " + text.Cut(detail.Error(), 300) // it has the value
		}
		return kind.New(message)
	}
}

const (
	tagCompute = "compute"
	tagAdmin   = "admin"
	tagPages   = "pages"
)

// Version is the version of the API, not of the program.
const Version = "1.0.0"

const description = `Exact statistics of time series, computed in a sandbox, by the embedded engine or by plugins.

A list of points has three media types: application/json, an array of {"timestamp": 1, "value": 2.5}; application/x-ndjson, one such object a line; application/vnd.compute-pipeline.packed, 16 bytes per point: timestamp (u64) and value (f64), little-endian.

Timestamps are integers from 0 to 2^64-1. Doubles are written as the shortest number that reads back as the same bits, or as "NaN", "Infinity" or "-Infinity"; in JSON text that is sent, only numbers are values.

A body may be encoded with gzip or zstd, which Content-Encoding says. What it decodes to must not be longer than a body may be.

A request waits where too much is under way, for some seconds, and is then answered with 503 and Retry-After.

Errors are problem details (RFC 9457). Their member code is for programs: it does not change.

`

// problems returns the kinds of problems as a list.
func problems() string {
	var list strings.Builder
	for _, k := range problem.Kinds() {
		fmt.Fprintf(&list, "- %d `%s`: %s\n", k.Status, k.Code, k.Doc)
	}
	return list.String()
}

// document returns the OpenAPI document without operations.
func document() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "compute-pipeline", Version: Version, Description: description + problems(),
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Tags: []*huma.Tag{
			{Name: tagCompute, Description: "The functions of the contract, for each plugin. The key needs the right to call it."},
			{Name: tagAdmin, Description: "Versions of plugins. The key needs the right to administer."},
			{Name: tagPages, Description: "The state of the service, for people and monitoring."},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"key": {Type: "http", Scheme: "bearer", Description: "An API key."},
			},
		},
		Security: []map[string][]string{{"key": {}}},
	}
}

// documentPages describes the routes that are not operations. The server adds them.
func documentPages(doc *huma.OpenAPI) {
	nobody, monitor := []map[string][]string{}, []map[string][]string{{"key": {}}, {"password": {}}}
	doc.Components.SecuritySchemes["password"] = &huma.SecurityScheme{
		Type: "http", Scheme: "basic", Description: "An API key as the password of any user, for browsers.",
	}
	for _, page := range []struct {
		path, id, summary, description, mediaType string
		security                                  []map[string][]string
	}{
		{"/healthz", "health", "Whether the service is alive", "200 while the process is alive.", "text/plain", nobody},
		{"/readyz", "readiness", "Whether the service wants requests", "503 while the service shuts down, or while a plugin that should serve since the start does not; otherwise 200.", "text/plain", nobody},
		{"/openapi.json", "document", "This document", "OpenAPI 3.1.", "application/openapi+json", nobody},
		{"/metrics", "metrics", "Metrics", "For Prometheus. The key needs the right to monitor.", "text/plain", monitor},
		{"/", "page", "Status page", "Plugins, their versions and their state. The key needs the right to monitor.", "text/html", monitor},
	} {
		schema := &huma.Schema{Type: huma.TypeString}
		if strings.HasSuffix(page.mediaType, "json") {
			schema = &huma.Schema{Type: huma.TypeObject}
		}
		doc.AddOperation(&huma.Operation{
			OperationID: page.id, Method: http.MethodGet, Path: page.path, Tags: []string{tagPages},
			Summary: page.summary, Description: page.description, Security: page.security,
			Responses: map[string]*huma.Response{
				"200":     {Description: "OK", Content: map[string]*huma.MediaType{page.mediaType: {Schema: schema}}},
				"default": {Description: "Not available now, or not allowed."},
			},
		})
	}
}

// A described adds to the description of an operation what its input and output types
// cannot express.
type described func(r huma.Registry, op *huma.Operation)

// register adds an operation.
func register[I, O any](s *Service, op huma.Operation, handler func(context.Context, *I) (*O, error), more ...described) {
	right := guard.Call
	switch {
	case op.Tags[0] == tagAdmin:
		right = guard.Admin
	case !strings.Contains(op.Path, "{"+guard.PluginParam+"}"):
		right = guard.Known
	}
	op.Middlewares = huma.Middlewares{s.enter(right)}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
	documented := s.operation(op)
	registry := s.api.OpenAPI().Components.Schemas
	for _, f := range more {
		f(registry, documented)
	}
	documented.Responses["default"].Description = "A problem."
}

// operation returns the registered form of op. Descriptions of bodies that are added to it
// do not make huma read the bodies.
func (s *Service) operation(op huma.Operation) *huma.Operation {
	path := s.api.OpenAPI().Paths[op.Path]
	for _, o := range []*huma.Operation{path.Get, path.Post, path.Put, path.Delete} {
		if o != nil && o.OperationID == op.OperationID {
			return o
		}
	}
	panic("operation " + op.OperationID + " is not in the document")
}

var textTypes = []string{points.JSON, points.NDJSON}

// givenPoint is a point in the JSON of a request, as the contract's validate-stream
// accepts it.
type givenPoint struct {
	_         struct{} `additionalProperties:"true"`
	Timestamp uint64   `json:"timestamp" example:"1262304000"`
	Value     float64  `json:"value" example:"39.4"`
}

// datapoint is a point in the JSON of a response: a plugin may return any values.
type datapoint struct {
	Timestamp uint64       `json:"timestamp"`
	Value     points.Float `json:"value"`
}

func pointsBody(r huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: pointsContent[givenPoint](r, points.Types)}
}

func textBody(r huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: pointsContent[givenPoint](r, textTypes)}
}

func pointsAnswer(r huma.Registry, op *huma.Operation) {
	op.Responses[strconv.Itoa(op.DefaultStatus)].Content = pointsContent[datapoint](r, points.Types)
}

func pointsContent[P any](r huma.Registry, types []string) map[string]*huma.MediaType {
	object := r.Schema(reflect.TypeFor[P](), true, "Point")
	schemas := map[string]*huma.Schema{
		points.JSON:   {Type: huma.TypeArray, Items: object},
		points.NDJSON: {Type: huma.TypeString, Description: "One object with timestamp and value per line."},
		points.Packed: {Type: huma.TypeString, Format: "binary", Description: "16 bytes per point: timestamp (u64) and value (f64), little-endian."},
	}
	content := map[string]*huma.MediaType{}
	for _, name := range types {
		content[name] = &huma.MediaType{Schema: schemas[name]}
	}
	return content
}

func bytesBody(_ huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
}

func jsonBody[T any](r huma.Registry, op *huma.Operation) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		points.JSON: {Schema: r.Schema(reflect.TypeFor[T](), true, "Body")},
	}}
}
