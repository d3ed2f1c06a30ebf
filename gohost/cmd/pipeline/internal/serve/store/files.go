package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

// maxStateFile is the max size of the files that the store itself writes.
const maxStateFile = 64 << 10

func (s *Store[B]) handPath(name string) string { return filepath.Join(s.dir, name+plugindir.Module) }

// loadByHand loads the modules that were put into the directory by hand, for plugins that
// the filter accepts.
func (s *Store[B]) loadByHand(ctx context.Context, filter func(name string) bool, more ...plugin.LoadOption) error {
	return watch.Sync(ctx, s.Registry, s.dir, append(s.handLoads(ctx, more...), watch.WithFilter(filter))...)
}

// handLoads returns the options for loading modules that were put into the directory by
// hand.
func (s *Store[B]) handLoads(ctx context.Context, more ...plugin.LoadOption) []watch.Option {
	ctx = context.WithoutCancel(ctx)
	return []watch.Option{
		watch.WithOnError(func(name string, err error) {
			if name == "" {
				s.logger.ErrorContext(ctx, "the plugins directory could not be loaded; active versions keep serving", "error", err)
				return
			}
			if !s.logged.is(name, err) {
				s.logger.ErrorContext(ctx, "a module could not be loaded", "plugin", name, "error", err)
			}
			if plugin.CheckName(name) == nil {
				s.failed(name, s.handPath(name), s.byHand(ctx, name), err)
			}
		}),
		watch.WithLoadOptions(func(name string) ([]plugin.LoadOption, error) {
			options, err := s.handOptions(ctx, name)
			return append(options, more...), err
		}),
	}
}

// handOptions returns the options of one such load.
func (s *Store[B]) handOptions(ctx context.Context, name string) ([]plugin.LoadOption, error) {
	if s.isReserved(name) {
		return nil, fmt.Errorf("%w: the name belongs to %w", gohost.ErrInvalidInput, ErrReserved)
	}
	options := []plugin.LoadOption{s.order(ctx, name)}
	if was, known, err := readState(filepath.Join(s.uploads(name), activeFile)); err == nil && known && was.active != "" && was.active != was.byHand {
		if was.byHand == s.byHand(ctx, name) {
			// The file is older than the activation of another version.
			options = append(options, plugin.WithStandby())
		}
	}
	return options, nil
}

// loadStored loads an uploaded version. Its hash must be the one in its name.
func (s *Store[B]) loadStored(ctx context.Context, name string, m stored, more ...plugin.LoadOption) error {
	options, err := plugindir.Options(s.dir, name, strings.TrimSuffix(m.path, plugindir.Module))
	if err == nil {
		// It was accepted before, so its place in the order no longer matters.
		options = append(options, plugin.WithSHA256(m.hash), plugin.WithAllowOlder())
		_, err = s.Load(ctx, name, plugin.File(m.path), append(options, more...)...)
	}
	if err != nil {
		s.failed(name, m.path, m.hash, err)
	}
	return err
}

// maxReason is the max size of a reason in bytes. A report of all that a contract lacks is
// longer than a line.
const maxReason = 4 << 10

// bounded returns the text of an error, cut if it is long.
func bounded(err error) string {
	reason := strings.ToValidUTF8(err.Error(), "?")
	if len(reason) > maxReason {
		const mark = "…"
		reason = strings.ToValidUTF8(reason[:maxReason-len(mark)], "") + mark
	}
	return reason
}

// failed records why a file of the directory was not loaded.
func (s *Store[B]) failed(name, file, hash string, err error) {
	s.failures.add(name, Failure{SHA256: hash, File: file, Reason: bounded(err), At: time.Now()})
}

// onLoad forgets the failure of a file that was loaded.
func (s *Store[B]) onLoad(e plugin.LoadEvent) {
	s.logged.set(e.Plugin, e.Err)
	if e.Err == nil {
		s.failures.loaded(e.Plugin, e.Source)
		if s.started.Load() {
			s.forgive(context.Background(), e.Plugin)
		}
	}
}
