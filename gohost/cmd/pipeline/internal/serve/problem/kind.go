package problem

import (
	"errors"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
)

// StatusClientGone is the status in the log of a request whose client did not wait for the
// response. Nobody receives it.
const (
	StatusClientGone = 499
	codeClientGone   = "client-gone"
)

// retrySoon is the Retry-After of a request that failed for a temporary shortage.
const retrySoon = time.Second

// A Kind is a row of the table: a kind of problem.
type Kind struct {
	Status int
	// Code is for programs: it does not change.
	Code string
	// Doc is its meaning, in one or two sentences.
	Doc     string
	matches []match
}

// A match returns the problem for an error of the kind, and nil for others.
type match func(k *Kind, err error) *Problem

// table has the kinds in order of declaration.
var table []*Kind

func kind(status int, code, doc string, matches ...match) *Kind {
	k := &Kind{Status: status, Code: code, Doc: doc, matches: matches}
	table = append(table, k)
	return k
}

// Kinds returns all kinds, sorted by status.
func Kinds() []*Kind {
	return slices.SortedStableFunc(slices.Values(table), func(a, b *Kind) int { return a.Status - b.Status })
}

// Of returns the problem for an error.
func Of(err error) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	for _, k := range table {
		for _, match := range k.matches {
			if p := match(k, err); p != nil {
				return p
			}
		}
	}
	return Internal.New("the service failed; the log has the cause")
}

// Uploaded marks the error of loading a module that the client has sent: a bad module is
// then the client's fault.
func Uploaded(err error) error {
	if err == nil {
		return nil
	}
	return &uploadError{err}
}

type uploadError struct{ error }

func (e *uploadError) Unwrap() error { return e.error }

// is matches errors of these classes. The problem has the error's text.
func is(classes ...error) match {
	return func(k *Kind, err error) *Problem {
		if !slices.ContainsFunc(classes, func(class error) bool { return errors.Is(err, class) }) {
			return nil
		}
		return k.New(err.Error())
	}
}

// says matches errors of a class. The problem has the given text.
func says(detail string, class error) match {
	return func(k *Kind, err error) *Problem {
		if !errors.Is(err, class) {
			return nil
		}
		return k.New(detail)
	}
}

// as matches errors of a type.
func as[E error](f func(*Kind, E) *Problem) match {
	return func(k *Kind, err error) *Problem {
		var e E
		if !errors.As(err, &e) {
			return nil
		}
		return f(k, e)
	}
}

// limit matches a *gohost.LimitError.
func limit(fits func(gohost.Limit) bool) match {
	return func(k *Kind, err error) *Problem {
		var e *gohost.LimitError
		if !errors.As(err, &e) || !fits(e.Which) {
			return nil
		}
		return k.New(err.Error())
	}
}

// ofUpload matches like m, but only errors that [Uploaded] has marked.
func ofUpload(m match) match {
	return func(k *Kind, err error) *Problem {
		if upload := (*uploadError)(nil); !errors.As(err, &upload) {
			return nil
		}
		return m(k, err)
	}
}

// soon adds Retry-After to the problems of m.
func soon(m match) match {
	return func(k *Kind, err error) *Problem {
		p := m(k, err)
		if p != nil {
			p.RetryAfter(retrySoon)
		}
		return p
	}
}
