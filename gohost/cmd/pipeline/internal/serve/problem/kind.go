package problem

import (
	"errors"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
)

// StatusClientGone is what the log has for a request whose client did not wait
// for the answer. Nobody receives it.
const (
	StatusClientGone = 499
	codeClientGone   = "client-gone"
)

// retrySoon is when a request that met a passing shortage may be tried again.
const retrySoon = time.Second

// A Kind is a row of the table: a kind of problem.
type Kind struct {
	Status int
	// Code is for programs: it does not change.
	Code string
	// Doc says what it means, in a sentence or two.
	Doc     string
	matches []match
}

// A match makes a problem of an error that is of the kind, and nil of others.
type match func(k *Kind, err error) *Problem

// table has the kinds in the order in which they are declared.
var table []*Kind

func kind(status int, code, doc string, matches ...match) *Kind {
	k := &Kind{Status: status, Code: code, Doc: doc, matches: matches}
	table = append(table, k)
	return k
}

// Kinds returns all kinds, by status.
func Kinds() []*Kind {
	return slices.SortedStableFunc(slices.Values(table), func(a, b *Kind) int { return a.Status - b.Status })
}

// Of gives an error its problem.
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
	return Internal.New("the service failed; its log says how")
}

// Uploaded marks the error of loading a module that the client has sent: that the
// module is bad is the client's fault then.
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

// says matches errors of a class, with a text of its own.
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

// limit matches limits that were reached.
func limit(fits func(gohost.Limit) bool) match {
	return func(k *Kind, err error) *Problem {
		var e *gohost.LimitError
		if !errors.As(err, &e) || !fits(e.Which) {
			return nil
		}
		return k.New(err.Error())
	}
}

// ofUpload matches what m does, in the error of a module that the client has sent.
func ofUpload(m match) match {
	return func(k *Kind, err error) *Problem {
		if upload := (*uploadError)(nil); !errors.As(err, &upload) {
			return nil
		}
		return m(k, err)
	}
}

// soon has the client try again.
func soon(m match) match {
	return func(k *Kind, err error) *Problem {
		p := m(k, err)
		if p != nil {
			p.RetryAfter(retrySoon)
		}
		return p
	}
}
