package driver

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// firstMade is the number of the first thing that a guest makes:
// tests/worlds/generator/src/things.rs.
const firstMade = 1<<30 + 1

// Thing is a resource of the program. It has a number, by which Wasmtime knows it too.
type Thing struct {
	Number uint32
	things *things
}

// things are those of a group of worlds.
type things struct {
	mutex  sync.Mutex
	made   uint32
	closed []uint32
}

// Close is called when the guest drops the thing.
func (t *Thing) Close(context.Context) error {
	t.things.mutex.Lock()
	defer t.things.mutex.Unlock()
	t.things.closed = append(t.things.closed, t.Number)
	return nil
}

// makes reports whether an import makes a thing, and sets the result to it.
func (t *things) makes(name string, result any) bool {
	if !strings.HasSuffix(name, "/things#make") {
		return false
	}
	reflect.ValueOf(result).Elem().Set(reflect.ValueOf(&Thing{Number: firstMade + t.made, things: t}))
	t.made++
	return true
}

// check checks that each thing that a guest made was dropped, in this order, and that no
// other one was.
func (t *things) check(made int) error {
	if int(t.made) != made || len(t.closed) != made {
		return fmt.Errorf("%d things were made and %d dropped, expected %d", t.made, len(t.closed), made)
	}
	for i, number := range t.closed {
		if number != firstMade+uint32(i) {
			return fmt.Errorf("thing %d was dropped, expected %d", number, firstMade+i)
		}
	}
	return nil
}
