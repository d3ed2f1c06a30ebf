package watch

import (
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// Option sets something about the loads of a directory in [Start] and [Sync].
type Option func(*config) error

type config struct {
	debounce    time.Duration
	poll        time.Duration
	unload      bool
	onError     func(name string, err error)
	filter      func(name string) bool
	loadOptions func(name string) ([]plugin.LoadOption, error)
}

func newConfig(opts []Option) (config, error) {
	c := config{
		debounce:    200 * time.Millisecond,
		poll:        30 * time.Second,
		onError:     func(string, error) {},
		filter:      func(string) bool { return true },
		loadOptions: func(string) ([]plugin.LoadOption, error) { return nil, nil },
	}
	for _, opt := range opts {
		if opt == nil {
			return config{}, invalid("an Option is nil")
		}
		if err := opt(&c); err != nil {
			return config{}, err
		}
	}
	return c, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
}

// WithDebounce sets how long the directory must be quiet before its changes are
// acted on, which they are in any case after ten times as long. The default is
// 200 ms.
func WithDebounce(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return invalid("WithDebounce(%v): more than 0 is needed", d)
		}
		c.debounce = d
		return nil
	}
}

// WithPoll sets how often the directory is looked through without a
// notification. The default is 30 s.
func WithPoll(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return invalid("WithPoll(%v): more than 0 is needed", d)
		}
		c.poll = d
		return nil
	}
}

// WithUnload removes a plugin from the registry when its module is gone from the
// directory. Without it the plugin goes on serving: a file that is lost should
// not end a service. A directory that is gone as a whole never removes plugins.
func WithUnload() Option {
	return func(c *config) error {
		c.unload = true
		return nil
	}
}

// WithOnError gets what goes wrong after Start has returned, and loads that fail
// in Start. The name is empty for errors of the directory. There is one call at a
// time.
func WithOnError(f func(name string, err error)) Option {
	return func(c *config) error {
		if f == nil {
			return invalid("WithOnError: the function is nil")
		}
		c.onError = f
		return nil
	}
}

// WithFilter leaves the plugins alone for which f reports false, as if their
// files were not there.
func WithFilter(f func(name string) bool) Option {
	return func(c *config) error {
		if f == nil {
			return invalid("WithFilter: the function is nil")
		}
		c.filter = f
		return nil
	}
}

// WithLoadOptions adds options to the loads of each plugin, such as grants. Those
// of the directory (signature, manifest, limits) come after them. With an error
// the plugin is not loaded ([WithOnError]).
func WithLoadOptions(f func(name string) ([]plugin.LoadOption, error)) Option {
	return func(c *config) error {
		if f == nil {
			return invalid("WithLoadOptions: the function is nil")
		}
		c.loadOptions = f
		return nil
	}
}
