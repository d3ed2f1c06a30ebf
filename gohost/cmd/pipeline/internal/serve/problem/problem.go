// Package problem implements problem details for HTTP APIs (RFC 9457): the response to a
// request that is not served.
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"example.org/compute-pipeline/gohost/input"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem describes why a request was not served.
type Problem struct {
	Status int    `json:"status" example:"400" doc:"The HTTP status."`
	Title  string `json:"title" example:"Bad Request" doc:"The status in words."`
	// Code is for programs: it does not change.
	Code   string `json:"code" example:"invalid-points" doc:"The kind of problem, for programs."`
	Detail string `json:"detail" doc:"What was wrong, and what was expected."`
	Where  *Where `json:"where,omitempty" doc:"The position of the problem in the body, if it is known."`

	retryAfter time.Duration
	challenge  string
	allow      string
	encodings  string
}

// Where is a position in a request's body.
type Where struct {
	Line   int64 `json:"line,omitempty" doc:"Line of text, counted from 1."`
	Column int64 `json:"column,omitempty" doc:"Byte in the line, counted from 1."`
	Offset int64 `json:"offset" doc:"Byte in the body, counted from 0."`
}

// New returns a problem of the kind. A detail longer than a few KiB in JSON is cut.
func (k *Kind) New(detail string) *Problem {
	title := http.StatusText(k.Status)
	if k.Status == StatusClientGone {
		title = "Client Closed Request"
	}
	return &Problem{Status: k.Status, Title: title, Code: k.Code, Detail: Cut(detail, maxDetail)}
}

// At adds the position in the body.
func (p *Problem) At(position input.Position) *Problem {
	if position.Offset >= 0 {
		p.Where = &Where{Line: position.Line, Column: position.Column, Offset: position.Offset}
	}
	return p
}

// RetryAfter adds the header Retry-After, in whole seconds, at least one.
func (p *Problem) RetryAfter(d time.Duration) *Problem {
	p.retryAfter = max(d, time.Second)
	return p
}

// Challenge adds a request for a key (RFC 9110, section 11.6.1). If basic is set, a browser
// asks its user for a name and a password, which is the key.
func (p *Problem) Challenge(basic bool) *Problem {
	scheme := "Bearer"
	if basic {
		scheme = "Basic"
	}
	p.challenge = scheme + ` realm="compute-pipeline"`
	return p
}

// Allow adds the methods of the resource.
func (p *Problem) Allow(methods string) *Problem {
	p.allow = methods
	return p
}

// AcceptEncoding adds the content codings that a body may have.
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

// Write writes the problem as a response.
func (p *Problem) Write(w http.ResponseWriter) {
	header := w.Header()
	for name, values := range p.GetHeaders() {
		header[name] = values
	}
	header.Set("Content-Type", ContentType)
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	// This fails only if the client has disconnected.
	_ = json.NewEncoder(w).Encode(p)
}
