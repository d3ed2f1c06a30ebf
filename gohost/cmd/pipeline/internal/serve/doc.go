// Package serve implements the command serve: the engine and plugins as an HTTP
// service.
//
// Its parts are packages of their own: store (plugins and their directory), api
// (operations and their OpenAPI document), points (datapoints in bodies), tenant and guard
// (rights), admission (how much runs at the same time), body (arriving bodies), memory
// (how it is divided), problem (errors), metrics and page. This package connects them, and
// starts and stops the server.
//
// # Errors
//
// Every error is a problem (RFC 9457). Package problem has the table of problems, and
// /openapi.json lists them.
package serve
