// Package problem is what a request gets when it cannot be served: problem
// details for HTTP APIs (RFC 9457).
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/input"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem says why a request was not served.
type Problem struct {
	Status int    `json:"status" example:"400" doc:"The HTTP status."`
	Title  string `json:"title" example:"Bad Request" doc:"The status in words."`
	// Code is for programs: it does not change.
	Code   string `json:"code" example:"invalid-points" doc:"What kind of problem it is, for programs."`
	Detail string `json:"detail" doc:"What was wrong, and what was expected."`
	Where  *Where `json:"where,omitempty" doc:"Where in the body the problem is, if that is known."`

	retryAfter time.Duration
	challenge  string
	allow      string
	encodings  string
}

// Where is a place in a request's body.
type Where struct {
	Line   int64 `json:"line,omitempty" doc:"Line of text, counted from 1."`
	Column int64 `json:"column,omitempty" doc:"Byte in the line, counted from 1."`
	Offset int64 `json:"offset" doc:"Byte in the body, counted from 0."`
}

// New returns a problem of the kind. A detail that is longer than a few KiB in
// JSON is cut.
func (k *Kind) New(detail string) *Problem {
	title := http.StatusText(k.Status)
	if k.Status == StatusClientGone {
		title = "Client Closed Request"
	}
	return &Problem{Status: k.Status, Title: title, Code: k.Code, Detail: Cut(detail, maxDetail)}
}

// At says where in the body the problem is.
func (p *Problem) At(position input.Position) *Problem {
	if position.Offset >= 0 {
		p.Where = &Where{Line: position.Line, Column: position.Column, Offset: position.Offset}
	}
	return p
}

// RetryAfter says when the request may succeed, in whole seconds, at least one.
func (p *Problem) RetryAfter(d time.Duration) *Problem {
	p.retryAfter = max(d, time.Second)
	return p
}

// Challenge asks for a key (RFC 9110, section 11.6.1). A browser asks its user
// for a name and a password, which is the key, when basic is set.
func (p *Problem) Challenge(basic bool) *Problem {
	scheme := "Bearer"
	if basic {
		scheme = "Basic"
	}
	p.challenge = scheme + ` realm="compute-pipeline"`
	return p
}

// Allow names the methods that the resource has.
func (p *Problem) Allow(methods string) *Problem {
	p.allow = methods
	return p
}

// AcceptEncoding names the content codings that a body may have.
func (p *Problem) AcceptEncoding(codings string) *Problem {
	p.encodings = codings
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return ContentType }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		seconds := (p.retryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if p.challenge != "" {
		h.Set("WWW-Authenticate", p.challenge)
	}
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.encodings != "" {
		h.Set("Accept-Encoding", p.encodings)
	}
	return h
}

// Write sends the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	header := w.Header()
	for name, values := range p.GetHeaders() {
		header[name] = values
	}
	header.Set("Content-Type", ContentType)
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	// A client that has gone cannot be told.
	_ = json.NewEncoder(w).Encode(p)
}
