package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"modernc.org/sqlite"

	"example.org/compute-pipeline/gohost/input"
)

// sqliteAnswer is the answer of SQLite, whose columns have values of any type.
type sqliteAnswer struct {
	db      *sql.DB
	conn    *sql.Conn // the only one
	query   string
	columns int // of the query
	rows    *sql.Rows
	values  []any
	batch   [][]any // of each column
}

func openSQLite(ctx context.Context, file, query string) (_ answer, _ []string, err error) {
	if _, err := os.Stat(file); err != nil {
		return nil, nil, err
	}
	// It opens no new file, and writes to none.
	path := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", path.String())
	if err != nil {
		return nil, nil, err
	}
	a := &sqliteAnswer{db: db, query: strings.TrimRight(strings.TrimSpace(query), "; \t\r\n")}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.conn, err = db.Conn(ctx); err != nil {
		return nil, nil, err
	}
	const attached = 7 // SQLITE_LIMIT_ATTACHED: a database that is attached would be a new file
	if _, err := sqlite.Limit(a.conn, attached, 0); err != nil {
		return nil, nil, err
	}
	names, err := a.names()
	return a, names, err
}

// names returns the names of the columns. It rejects a query that is not a single one which reads, and runs
// nothing.
//
// It prepares the query by itself, then as it is run: within parentheses. Both succeed only for a single
// statement. If a semicolon ended the query earlier, the text before it would be a statement, with as many
// parentheses closed as opened, so that the one around the query were still open.
func (a *sqliteAnswer) names() ([]string, error) {
	if strings.Contains(a.query, "\x00") {
		return nil, errors.New("the query has a zero byte, which SQLite takes for its end")
	}
	names, err := a.prepared(a.query)
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, errors.New("the query gives no rows; expected a single SELECT, WITH or VALUES")
	}
	a.columns = len(names)
	if _, err := a.prepared(a.of([]int{0})); err != nil {
		return nil, fmt.Errorf("the query is not a single SELECT, WITH or VALUES: %w", err)
	}
	return names, nil
}

// prepared returns the names of the columns of the first statement of a text, and does not run it.
func (a *sqliteAnswer) prepared(query string) (names []string, err error) {
	err = a.conn.Raw(func(conn any) error {
		driver, ok := conn.(interface {
			ColumnInfo(query string) ([]sqlite.ColumnInfo, error)
		})
		if !ok {
			return fmt.Errorf("the driver of SQLite, %T, does not describe queries", conn)
		}
		columns, err := driver.ColumnInfo(query)
		for _, c := range columns {
			names = append(names, c.Name)
		}
		return err
	})
	return names, err
}

// of returns the query for some of its columns. Each goes through a function: then the driver does not
// make times of texts because the table says so, in a zone that it chooses.
func (a *sqliteAnswer) of(columns []int) string {
	all, chosen := make([]string, a.columns), make([]string, len(columns))
	for i := range all {
		all[i] = fmt.Sprint("c", i)
	}
	for i, column := range columns {
		chosen[i] = fmt.Sprintf("coalesce(c%d, NULL)", column)
	}
	return "WITH q(" + strings.Join(all, ", ") + ") AS (" + a.query + "\n) SELECT " + strings.Join(chosen, ", ") + " FROM q"
}

// begin runs the query for some of its columns.
func (a *sqliteAnswer) begin(ctx context.Context, columns []int) (err error) {
	a.rows, err = a.conn.QueryContext(ctx, a.of(columns))
	a.values, a.batch = make([]any, len(columns)), make([][]any, len(columns))
	return err
}

func (a *sqliteAnswer) fill(_ context.Context, columns []input.Column, n int) (int, error) {
	pointers := make([]any, len(a.values))
	for i := range a.values {
		pointers[i] = &a.values[i]
		a.batch[i] = a.batch[i][:0]
	}
	row := 0
	for ; row < n && a.rows.Next(); row++ {
		if err := a.rows.Scan(pointers...); err != nil {
			return row, err
		}
		for i, v := range a.values {
			a.batch[i] = append(a.batch[i], v)
		}
	}
	if err := a.rows.Err(); err != nil {
		return row, err
	}
	for i := range columns {
		if err := fillDynamic(&columns[i], a.batch[i]); err != nil {
			return 0, err
		}
	}
	return row, nil
}

// fillDynamic makes a column of values, with the kind that all of them fit in.
func fillDynamic(c *input.Column, values []any) error {
	var integers, floats, texts bool
	for _, v := range values {
		switch v.(type) {
		case nil:
		case int64:
			integers = true
		case float64:
			floats = true
		case string:
			texts = true
		default:
			return fmt.Errorf("a value is %T; expected a number or text", v)
		}
	}
	kind := input.Floats
	switch {
	case texts:
		kind = input.Texts
	case floats && integers:
		kind = input.Decimals // each as it is
	case integers:
		kind = input.Integers
	}
	c.Reset(kind, "")
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			markMissing(c, i, len(values))
		case int64:
			if kind == input.Integers {
				c.Integers = append(c.Integers, v)
			} else {
				c.AppendText(strconv.AppendInt(nil, v, 10))
			}
		case float64:
			if kind == input.Floats {
				c.Floats = append(c.Floats, v)
			} else {
				c.AppendText(strconv.AppendFloat(nil, v, 'g', -1, 64))
			}
		case string:
			c.AppendText([]byte(v))
		}
	}
	return nil
}

func (a *sqliteAnswer) close() error {
	var err error
	if a.rows != nil {
		err = a.rows.Close()
	}
	if a.conn != nil {
		err = errors.Join(err, a.conn.Close())
	}
	return errors.Join(err, a.db.Close())
}
