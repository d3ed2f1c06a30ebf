package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/database"
	"example.org/compute-pipeline/gohost/input"
)

// answer returns the cells of a query; "" is NULL. Of local times and dates it has the numbers.
func answer(ctx context.Context, from, query string, columns ...int) (kinds []input.ColumnKind, rows [][]string, err error) {
	r, err := database.Open(ctx, from, query)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	if columns == nil {
		for i := range r.Names() {
			columns = append(columns, i)
		}
	}
	if err := r.Select(columns); err != nil {
		return nil, nil, err
	}
	var b input.Batch
	for {
		err := r.Next(ctx, &b)
		if errors.Is(err, io.EOF) {
			return kinds, rows, nil
		}
		if err != nil {
			return kinds, rows, err
		}
		if int(b.First) != len(rows)+1 {
			return kinds, rows, fmt.Errorf("rows from %d on; expected %d", b.First, len(rows)+1)
		}
		kinds = kinds[:0]
		for row := range b.Rows {
			var cells []string
			for i := range b.Columns[:len(columns)] {
				cells = append(cells, cell(b.Columns[i].Slice(row, 1)))
			}
			rows = append(rows, cells)
		}
		for _, c := range b.Columns[:len(columns)] {
			kinds = append(kinds, c.Kind)
		}
	}
}

func cell(c input.Column) string {
	switch {
	case c.Missing != nil && c.Missing[0]:
		return ""
	case len(c.Ends) > 0:
		return string(c.Text[:c.Ends[0]])
	case len(c.Floats) > 0:
		return fmt.Sprint(c.Floats[0])
	}
	return fmt.Sprint(c.Integers[0])
}

func sqliteFile(t *testing.T, statements ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a b?#%.db")
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Dir(file))+"/a%20b%3F%23%25.db")
	require.NoError(t, err)
	for _, s := range statements {
		_, err := db.Exec(s)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	return "sqlite:" + file
}

// Values of SQLite keep their types: the driver would make times of some.
func TestSQLite(t *testing.T) {
	from := sqliteFile(t, `CREATE TABLE m (at DATETIME, n INTEGER, x REAL, mixed, s TEXT)`,
		`INSERT INTO m VALUES ('2010-01-01 00:00:00', 9007199254740993, 0.1, 1, 'a'), (1262304000, NULL, 1e300, 2.5, 'b;'), ('2010-01-01T00:00:00Z', -1, NULL, NULL, '')`)
	kinds, rows, err := answer(t.Context(), from, "SELECT * FROM m ORDER BY rowid -- all\n ; ")
	require.NoError(t, err)
	require.Equal(t, []input.ColumnKind{input.Texts, input.Integers, input.Floats, input.Decimals, input.Texts}, kinds)
	require.Equal(t, [][]string{
		{"2010-01-01 00:00:00", "9007199254740993", "0.1", "1", "a"}, {"1262304000", "", "1e+300", "2.5", "b;"}, {"2010-01-01T00:00:00Z", "-1", "", "", ""},
	}, rows)
	_, rows, err = answer(t.Context(), from, "WITH a AS (SELECT s, x FROM m) SELECT s, x, s FROM a WHERE x < 1", 1, 2)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"0.1", "a"}}, rows)

	for query, want := range map[string]string{
		"SELECT y FROM m":                "no such column",
		"DELETE FROM m RETURNING n":      "not a single SELECT",
		"SELECT x'00' AS t":              "expected a number or text",
		"INSERT INTO m VALUES (1, 2, 3)": "has 5 columns but 3 values",
	} {
		_, _, err := answer(t.Context(), from, query)
		require.ErrorContains(t, err, want, query)
	}
	_, rows, err = answer(t.Context(), from, "SELECT count(*) FROM m")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"3"}}, rows)
	_, _, err = answer(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "none.db"), "SELECT 1")
	require.ErrorContains(t, err, "no such file")
}

// Several statements, or one that does more than read, are refused before anything runs, and leave no files.
func TestSQLiteRunsOneQueryThatReads(t *testing.T) {
	from := sqliteFile(t, "CREATE TABLE r (t INTEGER, v REAL)", "INSERT INTO r VALUES (1, 2), (3, 4)")
	dir := filepath.Dir(strings.TrimPrefix(from, "sqlite:"))
	in := func(name string) string { return filepath.Join(dir, name) }
	for query, want := range map[string]string{
		"SELECT t, v FROM r) x; ATTACH '" + in("new.db") + "' AS n; CREATE TABLE n.x(a); SELECT t, v FROM (SELECT t, v FROM r": "syntax error",
		"SELECT t, v FROM r) x; VACUUM INTO '" + in("vac.db") + "'; SELECT t, v FROM (SELECT t, v FROM r":                      "syntax error",
		"SELECT t, v FROM r; SELECT t, v FROM r":                                      "not a single SELECT",
		"SELECT t, v FROM r; VACUUM INTO '" + in("vac.db") + "'":                      "not a single SELECT",
		"SELECT t, v FROM r /* ) */ ; /* ( */ VACUUM INTO '" + in("vac.db") + "' --":  "not a single SELECT",
		"SELECT t, v FROM r -- \n;\nATTACH '" + in("new.db") + "' AS n":               "not a single SELECT",
		"SELECT t, v FROM r /* the end is missing":                                    "not a single SELECT",
		"SELECT t, v FROM r\x00) SELECT 1":                                            "zero byte",
		"VACUUM INTO '" + in("vac.db") + "'":                                          "gives no rows",
		"ATTACH '" + in("new.db") + "' AS n":                                          "gives no rows",
		"ATTACH 'file:" + in("new.db") + "?mode=rwc' AS n":                            "gives no rows",
		"; SELECT t, v FROM r":                                                        "not a single SELECT",
		"-- nothing":                                                                  "gives no rows",
		"PRAGMA table_info(r)":                                                        "not a single SELECT",
		"PRAGMA journal_mode = DELETE":                                                "not a single SELECT",
		"PRAGMA query_only = 0":                                                       "gives no rows",
		"EXPLAIN SELECT t, v FROM r":                                                  "not a single SELECT",
		"INSERT INTO r VALUES (5, 6) RETURNING t, v":                                  "not a single SELECT",
		"WITH x AS (SELECT 5 AS t, 6 AS v) INSERT INTO r SELECT * FROM x RETURNING *": "not a single SELECT",
		"WITH x AS (INSERT INTO r VALUES (5, 6) RETURNING *) SELECT * FROM x":         "syntax error",
		"SELECT load_extension('x') AS t, 1 AS v":                                     "not authorized",
		"SELECT * FROM pragma_journal_mode('delete')":                                 "unknown database",
		"SELECT t, v FROM r WHERE t = ?":                                              "missing argument",
	} {
		_, _, err := answer(t.Context(), from, query)
		require.ErrorContains(t, err, want, query)
	}
	for _, query := range []string{
		"SELECT t, v FROM r WHERE ';' = \";\" AND [t] > 0 AND `v` > 0 AND '--' <> '/*' /* ; */ -- ;",
		"VALUES (1, 2.0), (3, 4.0);",
		"WITH a(t, v) AS (SELECT t, v FROM r) SELECT * FROM a UNION ALL SELECT 9, 9 WHERE 0 ;; ",
	} {
		_, rows, err := answer(t.Context(), from, query)
		require.NoError(t, err, query)
		require.Equal(t, [][]string{{"1", "2"}, {"3", "4"}}, rows, query)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "only the database is there")
}

// Many rows come in batches, and a context ends a query that runs.
func TestManyRowsOfSQLite(t *testing.T) {
	from := sqliteFile(t, "CREATE TABLE m (x)")
	const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i, i * 0.5 AS v FROM n"
	_, rows, err := answer(t.Context(), from, fmt.Sprintf(numbers, 20_000))
	require.NoError(t, err)
	require.Len(t, rows, 20_000)
	require.Equal(t, []string{"20000", "10000"}, rows[19_999])
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, _, err = answer(ctx, from, fmt.Sprintf("SELECT sum(i) FROM ("+numbers+")", 1<<40))
	require.Error(t, err)
	require.Error(t, ctx.Err())
}

// Two columns of one name stay alike, so that the choice of one is an error.
func TestColumnsOfOneName(t *testing.T) {
	file := sqliteFile(t, "CREATE TABLE r(t, v)")
	rows, err := database.Open(t.Context(), file, "SELECT t, v, v*2 AS v, v AS 'a:1' FROM r")
	require.NoError(t, err)
	defer rows.Close()
	require.Equal(t, []string{"t", "v", "v", "a:1"}, rows.Names())
}

// No message has a password.
func TestNames(t *testing.T) {
	for from, name := range map[string]string{
		"postgres://me:secret@host/db":                   "postgres://me:xxxxx@host/db",
		"postgres://me@host/db?password=secret":          "postgres://me@host/db?password=xxxxx",
		"postgres://me:secret@/db?host=/tmp":             "postgres://me:xxxxx@/db?host=/tmp",
		"postgres://me:se%zzcret@host/db":                "postgres://me:xxxxx@host/db",
		"postgres://host=h password='se cret' user=me":   "postgres://host=h password=xxxxx user=me",
		"postgresql://host/db":                           "postgresql://host/db",
		"sqlite:/tmp/a.db":                               "sqlite:/tmp/a.db",
		"postgres://me:secret@127.0.0.1:1/db?sslmode=no": "postgres://me:xxxxx@127.0.0.1:1/db?sslmode=no",
	} {
		require.Equal(t, name, database.Name(from))
		if _, _, err := answer(t.Context(), from, "SELECT 1"); err != nil {
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "se cret")
		}
	}
	for _, from := range []string{"mysql://x", "a.db", "", "postgres:host=h", "postgres:", "sqlite"} {
		require.ErrorContains(t, database.Check(from, "SELECT 1"), "sqlite:FILE or postgres://", from)
	}
	require.ErrorContains(t, database.Check("sqlite:a", " "), "needs a query")
}
