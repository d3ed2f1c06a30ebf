package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/database"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
)

// databaseFlags say what is read instead of files.
type databaseFlags struct {
	From  string `group:"Input" placeholder:"DATABASE" help:"Read the rows of --query from sqlite:FILE or postgres://USER@HOST/DATABASE instead of files. What a URL lacks, PGHOST, PGPASSWORD and the like say, or the password file."`
	Query string `group:"Input" placeholder:"SQL" help:"With --from: a query whose rows have a time, values and keys, by the names of its columns. It is one statement, and can only read."`

	QueryTimeout time.Duration `group:"Input" placeholder:"TIME" help:"With --from: max time for the answer, with all rows (default: no limit). A query that takes longer is stopped in the database."`
}

// check rejects a database with what only files have, and neither of them.
func (c *databaseFlags) check(in *inputFlags) error {
	switch {
	case c.From == "" && c.Query != "":
		return badUse("--query needs --from")
	case c.From == "" && c.QueryTimeout != 0:
		return badUse("--query-timeout needs --from")
	case c.QueryTimeout < 0:
		return badUse("--query-timeout %s: expected a positive time", c.QueryTimeout)
	case c.From == "" && in.File == "":
		return errNoFile
	case c.From == "":
		return nil
	case in.File != "":
		return badUse("--from reads a database, not files such as %s", in.File)
	case in.Format != input.Auto || in.Compression != input.AnyCompression:
		return badUse("--format and --compression are of files; a database has types")
	}
	if err := database.Check(c.From, c.Query); err != nil {
		return badUse("--from %s: %w", database.Name(c.From), err)
	}
	return nil
}

// errNoFile is the error of a command without its input.
var errNoFile = badUse("expected \"<file>\"")

// errQueryTime is the error of an answer that takes too long.
var errQueryTime = errors.New("the answer was not there within --query-timeout")

// eachRow is [sources.Set.Each] for the rows of a query.
func (c *databaseFlags) eachRow(ctx context.Context, how sources.Reading) (empty []string, err error) {
	if bad := how.Bad; bad != nil {
		how.Options.Bad.Record = func(b input.BadRecord) error { return bad(database.Name(c.From), b) }
	}
	if c.QueryTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.QueryTimeout, errQueryTime)
		defer cancel()
	}
	rows, err := database.Open(ctx, c.From, c.Query)
	if err == nil {
		defer func() { err = errors.Join(err, rows.Close()) }()
		var reader *input.Reader
		if reader, err = input.NewBatchReader(ctx, rows, how.Options); err == nil {
			if err = how.Begin(reader); err == nil {
				err = how.Read(ctx, reader, how.Parallel)
			}
		}
	}
	if err != nil && errors.Is(context.Cause(ctx), errQueryTime) {
		err = fmt.Errorf("%w, %s", errQueryTime, c.QueryTimeout) // what was waited for says less
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", database.Name(c.From), err)
	}
	return nil, nil
}
