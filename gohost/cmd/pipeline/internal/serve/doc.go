// Package serve is the command serve: the engine and plugins as an HTTP service.
//
// Its parts are packages of their own: store (plugins and their directory), api
// (the operations and their OpenAPI document), points (bodies), tenant and guard
// (who may do what), admission (how much is done at the same time), body (what
// arrives), memory (how much there is), problem (errors), metrics and
// page. This package puts them together and sees to the life of the server.
//
// Every error is a problem (RFC 9457). Package problem has the table of them, from
// which the document of the API (/openapi.json) takes its list.
package serve
