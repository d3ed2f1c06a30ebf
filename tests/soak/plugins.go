package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"example.org/compute-pipeline/gohost"
)

// enginePlugin is the engine as a plugin, as the plugin host's own tests have it.
const enginePlugin = "gohost/plugin/testdata/engine.core.wasm"

// A release is one module to swap to, with the answer that tells it from
// others.
type release struct {
	name, answer string
	wasm         []byte
}

// telling is text that each release refuses in its own words: what a parser
// says about bad text is its own business, everything else the contract fixes.
const (
	telling      = `[{"\ud800\u0041":1}]`
	tellingWords = "lone leading surrogate in hex escape"
	otherWords   = "half of a surrogate pair, by itself." // as long: the module's layout stays
)

// releases are four modules: the engine, one that is equal but for its bytes,
// and the same two with other words.
func releases() ([]release, error) {
	engineModule, err := os.ReadFile(enginePlugin)
	if err != nil {
		return nil, fmt.Errorf("%w (run it in the project's directory)", err)
	}
	if len(tellingWords) != len(otherWords) || bytes.Count(engineModule, []byte(tellingWords)) != 1 {
		return nil, errors.New("the engine's words are not where they were")
	}
	const at = "Parse failed: %s at line 1 column 15"
	other := bytes.Replace(engineModule, []byte(tellingWords), []byte(otherWords), 1)
	return []release{
		{"the engine", fmt.Sprintf(at, tellingWords), engineModule},
		{"its equal", fmt.Sprintf(at, tellingWords), withSection(engineModule)},
		{"the other", fmt.Sprintf(at, otherWords), other},
		{"the other's equal", fmt.Sprintf(at, otherWords), withSection(other)},
	}, nil
}

// withSection adds a custom section, which changes nothing but the bytes.
func withSection(wasm []byte) []byte {
	const name = "release"
	return append(bytes.Clone(wasm), append([]byte{0, 1 + byte(len(name)), byte(len(name))}, name...)...)
}

// ask returns what the plugin says about the telling text.
func ask(ctx context.Context, p interface {
	ValidateStream(context.Context, []byte) ([]gohost.Datapoint, error)
},
) (string, error) {
	_, err := p.ValidateStream(ctx, []byte(telling))
	var answer *gohost.GuestError
	if errors.As(err, &answer) {
		return answer.Message, nil
	}
	if err == nil {
		err = errors.New("the telling text was accepted")
	}
	return "", err
}
