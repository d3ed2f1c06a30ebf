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
// Every error is a problem (RFC 9457). Package problem has the table of them, and the
// document of the API (/openapi.json) lists them.
package serve
