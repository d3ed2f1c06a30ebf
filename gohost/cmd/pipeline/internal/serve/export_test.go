package serve

import (
	"net/http"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
)

// Admission has the gates.
func (s *Server) Admission() *admission.Control { return s.admission }

// Running is how many calls of a plugin run.
func (s *Server) Running(name string) int {
	p, err := s.stores.Engines.Plugin(name)
	if err != nil {
		return 0
	}
	return p.Stats().Running
}

// Connections is how many connections there are.
func (s *Server) Connections() int { return s.connections.count() }

// IdleConnections returns how many connections wait for another request. A client has
// the answer to one before its connection is idle.
func (s *Server) IdleConnections() int {
	c := &s.connections
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for conn := range c.all {
		if conn.state == http.StateIdle {
			n++
		}
	}
	return n
}

// Routes are the patterns of all routes, such as "GET /healthz".
func (s *Server) Routes() []string { return s.router.patterns }
