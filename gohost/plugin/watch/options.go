package watch

import (
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/plugin"
)

// Option configures [Start] and [Sync].
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

// WithDebounce sets how long the directory must be unchanged before changes are loaded.
// They are loaded after ten times that duration in any case. The default is 200 ms.
func WithDebounce(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return invalid("WithDebounce(%v): must be positive", d)
		}
		c.debounce = d
		return nil
	}
}

// WithPoll sets how often the directory is checked without a notification. The default
// is 30 s.
func WithPoll(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return invalid("WithPoll(%v): must be positive", d)
		}
		c.poll = d
		return nil
	}
}

// WithUnload removes a plugin from the registry when its module is removed from the
// directory. Without this option the plugin keeps serving: a lost file should not end a
// service. If the directory itself disappears, no plugin is removed.
func WithUnload() Option {
	return func(c *config) error {
		c.unload = true
		return nil
	}
}

// WithOnError sets a function that is called with errors that occur after Start has
// returned, and with those of loads during Start. The name is empty for errors of the
// directory. Calls never overlap.
func WithOnError(f func(name string, err error)) Option {
	return func(c *config) error {
		if f == nil {
			return invalid("WithOnError: the function is nil")
		}
		c.onError = f
		return nil
	}
}

// WithFilter ignores the plugins for which f returns false.
func WithFilter(f func(name string) bool) Option {
	return func(c *config) error {
		if f == nil {
			return invalid("WithFilter: the function is nil")
		}
		c.filter = f
		return nil
	}
}

// WithLoadOptions adds options to the loads of each plugin, such as grants. Options from
// the directory (signature, manifest, limits) apply after them. If f returns an error,
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
