package gohost

// CloseIdle closes the instances that wait for a call, and so frees their
// memory. The engine goes on working: calls start new instances. It is for one
// that is kept although it has nothing to do.
func (e *Engine) CloseIdle() {
	// As many as there are now: a call that ends meanwhile may keep its own.
	for range e.pool.size {
		in := e.pool.hot.Swap(nil)
		if in == nil {
			select {
			case in = <-e.pool.idle:
			default:
				return
			}
		}
		e.closeInstance(in)
		e.vacate()
	}
}
