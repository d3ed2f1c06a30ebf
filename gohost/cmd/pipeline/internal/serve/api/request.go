package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/body"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/plugin"
)

// Target is a request and its plugin.
type Target struct {
	Plugin string `path:"plugin" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" example:"engine" doc:"Name of the plugin; the embedded engine's is engine."`

	request *http.Request
}

// Resolve implements huma.Resolver: operations read the body by themselves.
func (t *Target) Resolve(hc huma.Context) []error {
	t.request, _ = humago.Unwrap(hc)
	return nil
}

// stateHeader is the header of what comes before the points of a request.
const stateHeader = "Pipeline-State"

// state returns the state in the header.
func (t *Target) state() ([]byte, error) {
	values := t.request.Header.Values(stateHeader)
	if len(values) > 1 {
		return nil, problem.InvalidParameter.New("the header " + stateHeader + " is there twice")
	}
	state, err := base64.StdEncoding.DecodeString(t.request.Header.Get(stateHeader))
	if err != nil {
		return nil, problem.InvalidParameter.New("the header " + stateHeader + ": expected standard base64")
	}
	return state, nil
}

// body returns the body that the guard has read.
func (t *Target) body() *body.Body { return t.request.Body.(*body.Body) }

// points reads the body as points, once it has a slot. p parses text.
func (t *Target) points(ctx context.Context, p *plugin.Plugin[gohost.Functions], types []string) ([]gohost.Datapoint, error) {
	mediaType, err := points.ContentType(t.request.Header.Get("Content-Type"), types)
	if err != nil {
		return nil, err
	}
	b, visit := t.body(), admission.VisitOf(ctx)
	count := points.MaxCount(mediaType, b)
	if err := visit.Compute(ctx, count*gohost.PackedSize+points.ReadingBytes(mediaType, b.Len())); err != nil {
		return nil, err
	}
	defer visit.Consumed()
	list := make([]gohost.Datapoint, 0, count)
	err = points.Read(ctx, p.Binding().AppendValidated, mediaType, b, func(piece []gohost.Datapoint) error {
		if len(list)+len(piece) > cap(list) {
			return tooMany(count)
		}
		list = append(list, piece...)
		return nil
	})
	return list, err
}

// tooMany returns the error of a plugin that parses more points than the text can have.
func tooMany(count int64) error {
	return &gohost.ContractError{Problems: []string{fmt.Sprintf("validate-stream returned more points than the %d that the text can have", count)}}
}

// bytes reads the body as it is, once it has a slot and the other memory of the
// computation.
func (t *Target) bytes(ctx context.Context, besides int64) ([]byte, error) {
	b, visit := t.body(), admission.VisitOf(ctx)
	if err := visit.Compute(ctx, b.Len()+besides); err != nil {
		return nil, err
	}
	defer visit.Consumed()
	return b.Bytes(), nil
}

// decode reads the body as a JSON object. It counts memory for the decoded strings, and
// for a response of the same length.
func (t *Target) decode(ctx context.Context, object any) error {
	if _, err := points.ContentType(t.request.Header.Get("Content-Type"), []string{points.JSON}); err != nil {
		return err
	}
	data, err := t.bytes(ctx, 3*t.body().Len())
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(object)
	switch {
	case err != nil:
	case bytes.Equal(bytes.TrimSpace(data), []byte("null")):
		err = &json.UnmarshalTypeError{Value: "null"} // Decode does nothing for it
	default:
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("expected nothing after the object")
	}
	detail, at := explained(err, decoder.InputOffset(), int64(len(data)))
	p := problem.InvalidBody.New(detail)
	p.Where = &problem.Where{Offset: at}
	return p
}

// explained returns what is wrong with a JSON body, and the offset.
func explained(err error, read, length int64) (detail string, at int64) {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return syntax.Error(), max(syntax.Offset-1, 0)
	}
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		if wrong.Field == "" {
			return "expected an object, found " + withArticle(wrong.Value), 0
		}
		return fmt.Sprintf("the member %q cannot be %s", wrong.Field, withArticle(wrong.Value)), wrong.Offset
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the body ends before the object does", length
	}
	return strings.TrimPrefix(err.Error(), "json: "), read
}

// withArticle returns what encoding/json calls a value ("array", "number 5") in a sentence.
func withArticle(value string) string {
	switch {
	case value == "null":
		return value
	case strings.HasPrefix(value, "array") || strings.HasPrefix(value, "object"):
		return "an " + value
	}
	return "a " + value
}
