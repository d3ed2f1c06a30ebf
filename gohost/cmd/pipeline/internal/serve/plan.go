package serve

import (
	"sync"
	"sync/atomic"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/api"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/memory"
	"example.org/compute-pipeline/gohost/plugin"
)

// planner adjusts the memory of requests to the memory that plugins can use.
type planner struct {
	config  *Config
	control *admission.Control
	plugins atomic.Pointer[api.Stores] // nil until they are loaded
	mu      sync.Mutex                 // one plan at a time, so that the last one counts
	last    memory.Plan
}

func (p *planner) hooks() plugin.Hooks {
	return plugin.Hooks{
		OnActivate: func(plugin.ActivateEvent) { p.update() },
		OnUnload:   func(plugin.UnloadEvent) { p.update() },
		OnIdle:     func(plugin.IdleEvent) { p.update() },
	}
}

// update makes the plan again after a plugin was added or removed or got other limits, and after
// calls of a version that is not active began or ended.
func (p *planner) update() {
	plugins := p.plugins.Load()
	if plugins == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	plan := memory.Divide(p.config.MemoryTotal, guests(plugins), p.config.HeapLimit)
	if p.config.MemoryBudget > 0 {
		plan.Budget = p.config.MemoryBudget
	}
	if p.last == plan {
		return
	}
	p.last = plan
	p.control.SetBudget(plan.Budget)
	if p.config.SetHeapLimit != nil {
		p.config.SetHeapLimit(plan.Heap)
	}
	logged, message := p.config.Logger.Info, "memory is divided"
	if plan.Short {
		logged, message = p.config.Logger.Warn, "plugins can use so much memory that requests may not have enough: give the service more, or plugins fewer or smaller instances"
	}
	logged(message, "total_mib", plan.Total/memory.MiB, "plugins_mib", plan.Guests/memory.MiB,
		"heap_mib", plan.Heap/memory.MiB, "requests_mib", plan.Budget/memory.MiB)
}

// guests returns the max memory of the instances of all versions that calls run on.
func guests(plugins *api.Stores) (bytes int64) {
	for _, st := range plugins.List() {
		for _, v := range st.Versions {
			if v.State == plugin.VersionActive || v.State == plugin.VersionDraining {
				bytes += int64(v.Stats.Engine.MaxInstances) * int64(v.Limits.MemoryMiB) * memory.MiB
			}
		}
	}
	return bytes
}

// observe sets the plugins that count.
func (p *planner) observe(plugins api.Stores) {
	p.plugins.Store(&plugins)
	p.update()
}
