package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"example.org/compute-pipeline/gohost/input"
)

// Rows are the answer to a query: an [input.Batches].
type Rows struct {
	answer answer
	names  []string
	chosen []int
	rows   int64
	ended  bool
}

// An answer is what a database gives.
type answer interface {
	// begin makes the columns with these indices those of fill.
	begin(ctx context.Context, columns []int) error
	// fill appends up to n rows to columns, and returns how many. It returns fewer only at the end.
	fill(ctx context.Context, columns []input.Column, n int) (int, error)
	close() error
}

// Check rejects a database or a query that cannot be, before any work is done.
func Check(from, query string) error {
	_, isSQLite := strings.CutPrefix(from, "sqlite:")
	switch kind, _, ok := strings.Cut(from, "://"); {
	case !isSQLite && (!ok || kind != "postgres" && kind != "postgresql"):
		return errors.New("expected sqlite:FILE or postgres://USER@HOST/DATABASE")
	case strings.TrimSpace(query) == "":
		return errors.New("it needs a query, such as 'SELECT time, value FROM measurements'")
	}
	return nil
}

// Open connects to a database, which is sqlite:FILE or a URL of PostgreSQL, and prepares a query. What a
// URL lacks, the environment (PGHOST, PGPASSWORD, …), the service file and the password file say. Errors
// do not have the password.
func Open(ctx context.Context, from, query string) (*Rows, error) {
	if err := Check(from, query); err != nil {
		return nil, err
	}
	open := openPostgres
	if file, ok := strings.CutPrefix(from, "sqlite:"); ok {
		from, open = file, openSQLite
	}
	answer, names, err := open(ctx, from, query)
	if err != nil {
		return nil, withoutPassword(err, from)
	}
	return &Rows{answer: answer, names: names}, nil
}

// Name is what messages call a database: it has no password.
func Name(from string) string {
	if u, err := url.Parse(from); err == nil && u.User != nil {
		from = u.Redacted()
	}
	return passwords.ReplaceAllString(from, "${1}${3}xxxxx${4}")
}

// passwords are where connection strings have theirs.
var passwords = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:\\.|[^'\\])*'|[^\s&]+)|(://[^/@]*?:)[^@]*(@)`)

// withoutPassword returns an error whose text has no password of the connection string.
func withoutPassword(err error, from string) error {
	var secrets []string
	if u, parseErr := url.Parse(from); parseErr == nil {
		if password, ok := u.User.Password(); ok {
			secrets = append(secrets, password, url.QueryEscape(password), url.PathEscape(password))
		}
		secrets = append(secrets, u.Query()["password"]...)
	}
	for _, match := range passwords.FindAllStringSubmatch(from, -1) {
		secrets = append(secrets, strings.Trim(match[2], "'"))
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "xxxxx")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// Names implements [input.Batches].
func (r *Rows) Names() []string { return r.names }

// Select implements [input.Batches].
func (r *Rows) Select(columns []int) error {
	r.chosen = columns
	return nil
}

// batchRows is the number of rows of a batch.
const batchRows = 8 << 10

// Next implements [input.Batches].
func (r *Rows) Next(ctx context.Context, b *input.Batch) error {
	if r.ended {
		return io.EOF
	}
	if r.rows == 0 {
		if err := r.answer.begin(ctx, r.chosen); err != nil {
			return err
		}
	}
	for len(b.Columns) < len(r.chosen) {
		b.Columns = append(b.Columns, input.Column{})
	}
	n, err := r.answer.fill(ctx, b.Columns[:len(r.chosen)], batchRows)
	if before := r.rows + int64(n); err != nil && before > 0 {
		return fmt.Errorf("after row %d: %w", before, err)
	} else if err != nil {
		return err
	}
	b.First, b.Rows = r.rows+1, n
	r.rows += int64(n)
	if r.ended = n < batchRows; n == 0 {
		return io.EOF
	}
	return nil
}

// Close ends the transaction, and closes the connection.
func (r *Rows) Close() error { return r.answer.close() }

// markMissing says that the row has no value.
func markMissing(c *input.Column, row, n int) {
	if c.Missing == nil {
		c.Missing = make([]bool, n)
	}
	c.Missing[row] = true
}
