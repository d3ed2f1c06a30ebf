package tenant

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync"
	"sync/atomic"
)

// Tenants are the tenants of a service.
type Tenants struct {
	name   string
	reload sync.Mutex
	known  atomic.Pointer[known]
}

type known struct {
	keys      []key
	anonymous *Tenant
	usage     map[string]*usage
}

type key struct {
	hash   keyHash
	tenant *Tenant
}

// Anonymous returns tenants without keys: anyone may call and monitor all plugins, but
// change nothing.
func Anonymous() *Tenants {
	t := &Tenants{}
	t.known.Store(&known{anonymous: newTenant(entry{Name: "anonymous", Plugins: []string{AllPlugins}, Monitor: true}, nil)})
	return t
}

// Open reads the file of tenants.
func Open(name string) (*Tenants, error) {
	t := &Tenants{name: name}
	t.known.Store(&known{})
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload reads the file again. After an error the tenants stay unchanged.
func (t *Tenants) Reload() error {
	if t.name == "" {
		return nil
	}
	t.reload.Lock()
	defer t.reload.Unlock()
	entries, err := readFile(t.name)
	if err != nil {
		return err
	}
	before := t.known.Load()
	now := &known{usage: map[string]*usage{}}
	for _, e := range entries {
		tenant := newTenant(e, before.usage[e.Name])
		now.usage[e.Name] = tenant.usage
		for _, text := range e.Keys {
			hash, err := parseHash(text)
			if err != nil {
				return err // readFile checked it
			}
			now.keys = append(now.keys, key{hash, tenant})
		}
	}
	t.known.Store(now)
	return nil
}

// Open reports whether the service needs no keys.
func (t *Tenants) Open() bool { return t.known.Load().anonymous != nil }

// Find returns the tenant with the key, or nil. It compares every hash, each in constant
// time, so that its duration reveals nothing about the keys.
func (t *Tenants) Find(presented string) *Tenant {
	k := t.known.Load()
	if k.anonymous != nil {
		return k.anonymous
	}
	hash := keyHash(sha256.Sum256([]byte(presented)))
	found := -1
	for i := range k.keys {
		equal := subtle.ConstantTimeCompare(hash[:], k.keys[i].hash[:])
		found = subtle.ConstantTimeSelect(equal, i, found)
	}
	if found < 0 {
		return nil
	}
	return k.keys[found].tenant
}
