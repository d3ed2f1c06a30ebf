package serve

import "example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"

// Admission has the gates.
func (s *Server) Admission() *admission.Control { return s.admission }

// Running is how many calls of a plugin run.
func (s *Server) Running(name string) int {
	p, err := s.store.Plugin(name)
	if err != nil {
		return 0
	}
	return p.Stats().Running
}

// Connections is how many connections there are.
func (s *Server) Connections() int { return s.connections.count() }

// Routes are the patterns of all routes, such as "GET /healthz".
func (s *Server) Routes() []string { return s.router.patterns }
