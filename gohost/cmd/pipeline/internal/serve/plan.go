package serve

import (
	"sync/atomic"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/memory"
	"example.org/compute-pipeline/gohost/plugin"
)

// planner keeps what requests may take in step with what the plugins can take.
type planner struct {
	config   *Config
	control  *admission.Control
	registry atomic.Pointer[plugin.Registry] // nil until it is loaded
	last     atomic.Pointer[memory.Plan]
}

func (p *planner) hooks() plugin.Hooks {
	return plugin.Hooks{
		OnActivate: func(plugin.ActivateEvent) { p.update() },
		OnUnload:   func(plugin.UnloadEvent) { p.update() },
	}
}

// update plans again: a plugin has come, gone, or has other limits.
func (p *planner) update() {
	registry := p.registry.Load()
	if registry == nil {
		return
	}
	plan := memory.Divide(p.config.MemoryTotal, guests(registry), p.config.HeapLimit)
	if p.config.MemoryBudget > 0 {
		plan.Budget = p.config.MemoryBudget
	}
	if before := p.last.Swap(&plan); before != nil && *before == plan {
		return
	}
	p.control.SetBudget(plan.Budget)
	if p.config.SetHeapLimit != nil {
		p.config.SetHeapLimit(plan.Heap)
	}
	logged, message := p.config.Logger.Info, "memory is divided"
	if plan.Short {
		logged, message = p.config.Logger.Warn, "plugins can take so much memory that requests may not have what they need: give the service more, or plugins fewer or smaller instances"
	}
	logged(message, "total_mib", plan.Total/memory.MiB, "plugins_mib", plan.Guests/memory.MiB,
		"heap_mib", plan.Heap/memory.MiB, "requests_mib", plan.Budget/memory.MiB)
}

// guests is what the instances of all versions that are called can take.
func guests(registry *plugin.Registry) (bytes int64) {
	for _, st := range registry.List() {
		for _, v := range st.Versions {
			if v.State == plugin.VersionActive || v.State == plugin.VersionDraining {
				bytes += int64(v.Stats.Engine.MaxInstances) * int64(v.Limits.MemoryMiB) * memory.MiB
			}
		}
	}
	return bytes
}

// observe has the registry's plugins counted from now on.
func (p *planner) observe(registry *plugin.Registry) {
	p.registry.Store(registry)
	p.update()
}
