// Package serve implements the command serve: the engine and plugins as an HTTP
// service.
//
// Its parts are packages of their own: store (plugins and their directory), api
// (the operations and their OpenAPI document), points (bodies), tenant and guard
// (who may do what), admission (how much runs at the same time), body (arriving
// bodies), memory (how it is divided), problem (errors), metrics and page. This
// package connects them, and starts and stops the server.
//
// # Errors
//
// Every error is a problem (RFC 9457):
//
//	400 invalid-points          the body is not points; the problem says where
//	400 invalid-input           the host refuses it before the guest is called
//	400 invalid-body            the body is not the JSON object that is expected,
//	                            or not in the encoding that its head says
//	400 invalid-parameter       a header or a parameter cannot be read
//	401 no-key, unknown-key     with WWW-Authenticate
//	403 plugin-not-allowed, not-admin, not-monitor, signature-refused
//	404 not-found, no-route     no such plugin or version; no such path
//	405 method-not-allowed      with Allow
//	406 not-acceptable          no media type that is asked for can be written
//	408 body-too-slow           the body did not arrive in time
//	409 reserved-name, no-directory
//	413 body-too-large          longer than the service or the tenant may send, or
//	                            than the memory of the service allows
//	413 memory-limit            the guest needs more memory than it may have
//	415 unsupported-media-type  the problem names those that are
//	415 unsupported-encoding    with Accept-Encoding
//	421 wrong-host              without keys: the header Host is not this machine
//	422 refused-by-guest        the guest answers that it cannot, with its words
//	422 limit                   the call needs more fuel than it may use
//	422 contract-not-met, cannot-start, self-test-failed, wrong-hash (uploads)
//	429 rate-limit, too-many-requests  of the tenant, with Retry-After
//	499 client-gone             nobody receives it: the client has gone, in the
//	                            middle of its body or before the answer
//	500 internal                a fault of the service itself
//	501 no-summary              the plugin has no fold, merge and finish
//	502 trap, abi-violated, contract-not-met  the plugin failed
//	503 overloaded              no room within the time that a request waits
//	503 busy, breaker-open, closed, compile-process, drained  with Retry-After
//	504 time-limit, deadline    the call took too long
package serve
