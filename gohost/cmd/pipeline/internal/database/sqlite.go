package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"example.org/compute-pipeline/gohost/input"
)

// sqliteAnswer is the answer of SQLite, whose columns have values of any type.
type sqliteAnswer struct {
	db      *sql.DB
	query   string
	columns int // of the query
	rows    *sql.Rows
	values  []any
	batch   [][]any // of each column
}

func openSQLite(ctx context.Context, file, query string) (answer, []string, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, nil, err
	}
	// It opens no new file, and writes to none.
	path := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(10000)"}
	db, err := sql.Open("sqlite", path.String())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	a := &sqliteAnswer{db: db, query: strings.TrimRight(strings.TrimSpace(query), "; \t\r\n")}
	names, err := a.names(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return a, names, nil
}

// names returns the names of the columns. It also finds out whether the query is one that reads.
func (a *sqliteAnswer) names(ctx context.Context) ([]string, error) {
	rows, err := a.db.QueryContext(ctx, "SELECT * FROM ("+a.query+"\n) LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	a.columns = len(names)
	return sameNames(names), errors.Join(err, rows.Err())
}

// sameNames undoes what SQLite does to names of a subquery's columns that are there more than once, v and
// v:1: which one is meant cannot be told, so they must stay alike.
func sameNames(names []string) []string {
	for i, name := range names {
		base, number, ok := strings.Cut(name, ":")
		if _, err := strconv.Atoi(number); ok && err == nil && slices.Contains(names[:i], base) {
			names[i] = base
		}
	}
	return names
}

// begin runs the query for some of its columns. Each goes through a function: then the driver does not
// make times of texts because the table says so, in a zone that it chooses.
func (a *sqliteAnswer) begin(ctx context.Context, columns []int) error {
	all, chosen := make([]string, a.columns), make([]string, len(columns))
	for i := range all {
		all[i] = fmt.Sprint("c", i)
	}
	for i, column := range columns {
		chosen[i] = fmt.Sprintf("coalesce(c%d, NULL)", column)
	}
	var err error
	a.rows, err = a.db.QueryContext(ctx, "WITH q("+strings.Join(all, ", ")+") AS ("+a.query+"\n) SELECT "+strings.Join(chosen, ", ")+" FROM q")
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
	return errors.Join(err, a.db.Close())
}
