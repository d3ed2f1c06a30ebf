package wit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// sectionPrefix begins the names of custom sections with the WIT that a core module was
// built for, in binary form, as tools for C, Rust and Go write them.
const sectionPrefix = "component-type"

// ErrUndeclared is the error of a core module that does not say which world it implements.
var ErrUndeclared = errors.New("the module has no section component-type, so it does not say what its WIT is")

// declared returns the WIT that a core module declares, and any other contents, and those of
// a core module that declares nothing, as they are.
func declared(contents []byte) ([]byte, error) {
	if !sections.IsCore(contents) {
		return contents, nil
	}
	found := contents
	err := sections.Each(contents, func(id byte, section []byte) error {
		if id != sections.Custom {
			return nil
		}
		name, payload, ok := sections.Named(section)
		switch {
		case !ok || !bytes.HasPrefix(name, []byte(sectionPrefix)):
		case !sections.IsCore(found) && !bytes.Equal(found, payload):
			return errors.New("the module has several sections component-type: its WIT must be given in another way")
		default:
			found = payload
		}
		return nil
	})
	return found, err
}

// DescribeModule describes the world that a module declares: a component has one, and a core
// module may have one in a section. Its name is for errors. A core module without one has the
// error [ErrUndeclared].
func DescribeModule(ctx context.Context, name string, wasm []byte, options Options) ([]byte, error) {
	contents, err := declared(wasm)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case sections.IsCore(contents):
		return nil, fmt.Errorf("%s: %w", name, ErrUndeclared)
	case len(contents) > maxBinary:
		return nil, fmt.Errorf("%s: %w: more than %d MiB", name, ErrLimit, maxBinary>>20)
	}
	return describe(ctx, name, []file{{path: name, contents: contents}}, options)
}
