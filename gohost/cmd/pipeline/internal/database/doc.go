// Package database reads rows of SQLite and PostgreSQL for `pipeline run --from`. A query runs in a
// transaction that can only read, and its rows are streamed.
package database
