package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/store"
	"example.org/compute-pipeline/gohost/plugin"
)

// Each of many uploads of one plugin that come at once is taken, and is the
// active version for a moment; what is there in the end is what the disk says.
func TestUploadsAtOnceAreAllTaken(t *testing.T) {
	const uploads = 48
	dir := t.TempDir()
	var mu sync.Mutex
	activated := map[string]int{}
	options := []plugin.Option{plugin.WithHooks(plugin.Hooks{OnActivate: func(e plugin.ActivateEvent) {
		mu.Lock()
		defer mu.Unlock()
		activated[e.Version]++
	}})}
	var want has
	with(t, dir, setup{options: options}, func(s *engines) {
		var group sync.WaitGroup
		errs := make([]error, 2*uploads)
		for i := range uploads {
			group.Go(func() {
				v, err := s.Upload(t.Context(), "p", store.Upload{Wasm: edition(t, fmt.Sprint(i)), Activate: i%8 != 0})
				if err == nil && v.Hash != hashOf(edition(t, fmt.Sprint(i))) {
					err = fmt.Errorf("the answer is of %s", v.Hash)
				}
				if state := map[bool]plugin.VersionState{true: plugin.VersionActive, false: plugin.VersionStandby}[i%8 != 0]; err == nil && v.State != state {
					err = fmt.Errorf("it is %s, and not %s", v.State, state)
				}
				errs[i] = err
			})
			group.Go(func() { // another plugin, which has nothing to do with it
				_, errs[uploads+i] = s.Upload(t.Context(), fmt.Sprintf("q%d", i%4), store.Upload{Wasm: edition(t, fmt.Sprint(i)), Activate: true})
			})
		}
		group.Wait()
		for i, err := range errs {
			require.NoError(t, err, i)
		}
		want = of(s, "p")
	})
	for i := range uploads {
		if i%8 != 0 {
			assert.Positive(t, activated[hashOf(edition(t, fmt.Sprint(i)))], i)
		}
	}
	assert.Len(t, want.kept, 3)
	entries, err := filepath.Glob(filepath.Join(dir, ".uploads", "p", "*"))
	require.NoError(t, err)
	names := []string{filepath.Join(dir, ".uploads", "p", "active")}
	for _, hash := range want.kept {
		names = append(names, filepath.Join(dir, ".uploads", "p", hash+".wasm"))
	}
	slices.Sort(names)
	assert.Equal(t, names, entries)
	with(t, dir, setup{}, func(s *engines) { assert.Equal(t, want, of(s, "p")) })
}

// A rollback waits for the upload that runs, and not for those that wait.
func TestARollbackDoesNotQueueBehindUploads(t *testing.T) {
	const waiting = 10
	dir := t.TempDir()
	started, release := make(chan struct{}, waiting+1), make(chan struct{})
	var blocking bool
	options := []plugin.Option{plugin.WithHooks(plugin.Hooks{OnLoad: func(plugin.LoadEvent) {
		if blocking {
			started <- struct{}{}
			<-release
		}
	}})}
	with(t, dir, setup{options: options}, func(s *engines) {
		upload(t, s, "p", edition(t, "1"))
		upload(t, s, "p", edition(t, "2"))
		blocking = true
		var order []string
		var mu sync.Mutex
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
		}
		var group sync.WaitGroup
		for i := range waiting {
			group.Go(func() {
				_, err := s.Upload(t.Context(), "p", store.Upload{Wasm: edition(t, fmt.Sprint("more ", i))})
				assert.NoError(t, err)
				note("upload")
			})
		}
		<-started // one of them runs
		entered := make(chan struct{})
		group.Go(func() {
			close(entered)
			_, err := s.Rollback(t.Context(), "p")
			assert.NoError(t, err)
			note("rollback")
		})
		<-entered
		require.Eventually(t, func() bool { return s.Waiting("p") == waiting+1 }, eventually, tick)
		for range waiting {
			release <- struct{}{}
		}
		group.Wait()
		place := slices.Index(order, "rollback")
		assert.LessOrEqual(t, place, 2, "%q", order)
	})
}

// Whoever waits for another change gives up with the context.
func TestWaitingForAnotherChangeEndsWithTheContext(t *testing.T) {
	dir := t.TempDir()
	release := make(chan struct{})
	started := make(chan struct{}, 1)
	blocking := false
	options := []plugin.Option{plugin.WithHooks(plugin.Hooks{OnLoad: func(e plugin.LoadEvent) {
		if blocking && e.Plugin == "p" {
			started <- struct{}{}
			<-release
		}
	}})}
	with(t, dir, setup{options: options}, func(s *engines) {
		upload(t, s, "p", edition(t, "1"))
		blocking = true
		ended := make(chan error)
		go func() {
			_, err := s.Upload(t.Context(), "p", store.Upload{Wasm: edition(t, "2")})
			ended <- err
		}()
		<-started
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Rollback(ctx, "p")
		require.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, `another change of plugin "p"`)
		_, err = s.Upload(ctx, "p", store.Upload{Wasm: edition(t, "3")})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, s.Unload(ctx, "p"), context.Canceled)
		// Another plugin is not concerned.
		upload(t, s, "q", edition(t, "1"))
		close(release)
		require.NoError(t, <-ended)
		assert.Zero(t, s.Waiting("p"))
	})
}
