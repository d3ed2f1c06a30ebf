package database_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
)

// postgresProgram returns a program of the server, which Debian has no links to.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	require.NoError(t, err)
	if len(found) > 0 {
		return slices.Max(found)
	}
	if os.Getenv("COMPUTE_PIPELINE_POSTGRES") == "required" {
		t.Fatalf("%s was not found; scripts/setup.sh postgres installs it", name)
	}
	t.Skipf("%s was not found (Debian's package postgresql)", name)
	return ""
}

// startServer starts a PostgreSQL that listens on a socket in a directory, and returns its URL. The server
// refuses to run as root, so it runs as nobody then.
func startServer(t *testing.T) string {
	t.Helper()
	initdb, postgres := postgresProgram(t, "initdb"), postgresProgram(t, "postgres")
	dir, err := os.MkdirTemp("", "pg") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var attributes *syscall.SysProcAttr
	if os.Getuid() == 0 {
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
		require.NoError(t, err)
		gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, int(uid), int(gid)))
		attributes = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Dir, c.SysProcAttr = dir, attributes
		return c
	}
	data := filepath.Join(dir, "data")
	password := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(password, []byte("se cret\n"), 0o644))
	out, err := command(initdb, "--no-sync", "--auth=scram-sha-256", "--username=me", "--pwfile="+password, "--encoding=UTF8", "--locale=C", data).CombinedOutput()
	require.NoError(t, err, "%s", out)
	server := command(postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=10")
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
	})
	url := "postgres://me:se%20cret@/postgres?host=" + dir
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			require.NoError(t, conn.Close(ctx))
			return url
		}
		if ctx.Err() != nil {
			t.Fatalf("the server does not start: %v\n%s", err, log.Bytes())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A real server: types, gaps, rows in batches, a transaction that can only read, errors, an end.
func TestPostgres(t *testing.T) {
	url := startServer(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE TABLE m (i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric(30,10), b bool,
		z timestamptz, l timestamp, d date, s text, u uuid);
		CREATE SEQUENCE numbers;
		INSERT INTO m VALUES (-2, -4, 9007199254740993, 0.5, 0.1, 12345678901234567890.0123456789, true,
		'2010-01-01 00:00:00.000001+01', '2010-01-01 00:00', '1969-12-31', 'grüß', '00000000-0000-0000-0000-000000000001'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`)
	require.NoError(t, err)
	kinds, rows, err := answer(ctx, url, "SELECT * FROM m")
	require.NoError(t, err)
	require.Equal(t, []input.ColumnKind{
		input.Integers, input.Integers, input.Integers, input.Floats, input.Floats, input.Decimals, input.Booleans,
		input.Instants, input.LocalTimes, input.Dates, input.Texts, input.Texts,
	}, kinds)
	require.Equal(t, []string{
		"-2", "-4", "9007199254740993", "0.5", "0.1", "12345678901234567890.0123456789", "1",
		"1262300400000001", "1262304000000000", "-1", "grüß", "00000000-0000-0000-0000-000000000001",
	}, rows[0])
	require.Equal(t, make([]string, 12), rows[1])

	// What is no time of a point or no number is one bad row, not the end.
	_, rows, err = answer(ctx, url, `SELECT 'infinity'::timestamptz, '-infinity'::timestamp, 'infinity'::date, '-infinity'::date, '294276-12-31'::timestamptz, 'NaN'::numeric, '0044-03-15 BC'::date`)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"9223372036854775807", "-9223372036854775808", "9223372036854775807", "-9223372036854775808", "9223372036854775807", "NaN", "-735160"}}, rows)

	_, rows, err = answer(ctx, url, "SELECT i, i * 0.5::float8, 'x' FROM generate_series(1, 20000) i", 1, 0)
	require.NoError(t, err)
	require.Len(t, rows, 20_000)
	require.Equal(t, []string{"10000", "20000"}, rows[19_999])

	for query, want := range map[string]string{
		"SELECT y FROM m":                                          "character 8 of the query",
		"DELETE FROM m RETURNING i4":                               "read-only transaction",
		"SELECT 1; SELECT 2":                                       "multiple commands",
		"SELECT $1::int":                                           "parameters",
		"SET search_path = public":                                 "gives no rows",
		"COPY (SELECT 1) TO PROGRAM 'true'":                        "gives no rows",
		"SELECT nextval('numbers')":                                "cannot execute nextval() in a read-only transaction",
		"WITH x AS (DELETE FROM m RETURNING 1) SELECT 1":           "read-only transaction",
		"SELECT set_config('transaction_read_only', 'off', false)": "must be set before any query",
		"SELECT 1 / (i - 3) FROM generate_series(1, 9) i":          "division by zero",
	} {
		_, _, err := answer(ctx, url, query)
		require.ErrorContains(t, err, want, query)
	}
	wrong := "postgres://me:another%20secret@/postgres?host=" + filepath.Dir(filepath.Join(url[len("postgres://me:se%20cret@/postgres?host="):], "x"))
	_, _, err = answer(ctx, wrong, "SELECT 1")
	require.ErrorContains(t, err, "password authentication failed")
	require.NotContains(t, err.Error(), "another")

	// What a transaction did that read is never committed, even where the server let it be done.
	_, _, err = answer(ctx, url, "SELECT lo_creat(-1)")
	if err == nil { // before PostgreSQL 16
		var objects int
		require.NoError(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_largeobject_metadata").Scan(&objects))
		require.Zero(t, objects)
	}
	_, _, err = answer(ctx, url, "SELECT pg_terminate_backend(pg_backend_pid())")
	require.ErrorContains(t, err, "PostgreSQL: terminating connection due to administrator command (SQLSTATE 57P01)")

	// The end of the context ends the query in the server.
	short, cancel := context.WithCancel(ctx)
	time.AfterFunc(200*time.Millisecond, cancel)
	_, _, err = answer(short, url, "SELECT 1 AS a, pg_sleep(600)::text AS b")
	require.Error(t, err)
	require.Eventually(t, func() bool {
		var running int
		err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()").Scan(&running)
		return err == nil && running == 0
	}, time.Minute, 50*time.Millisecond)
	require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "%v", err)
}
