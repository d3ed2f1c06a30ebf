package main

import (
	"context"
	"errors"
	"fmt"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/database"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
)

// databaseFlags say what is read instead of files.
type databaseFlags struct {
	From  string `group:"Input" placeholder:"DATABASE" help:"Read the rows of --query from sqlite:FILE or postgres://USER@HOST/DATABASE instead of files. What a URL lacks, PGHOST, PGPASSWORD and the like say, or the password file."`
	Query string `group:"Input" placeholder:"SQL" help:"With --from: a query whose rows have a time, values and keys, by the names of its columns. It can only read."`
}

// checkDatabase rejects a database with what only files have, and neither of them.
func (c *runCommand) checkDatabase() error {
	switch {
	case c.From == "" && c.Query != "":
		return badUse("--query needs --from")
	case c.From == "" && c.File == "":
		return errNoFile
	case c.From == "":
		return nil
	case c.File != "":
		return badUse("--from reads a database, not files such as %s", c.File)
	case c.Follow:
		return badUse("--follow cannot be used with --from")
	case c.Format != input.Auto || c.Compression != input.AnyCompression:
		return badUse("--format and --compression are of files; a database has types")
	}
	if err := database.Check(c.From, c.Query); err != nil {
		return badUse("--from %s: %w", database.Name(c.From), err)
	}
	return nil
}

// errNoFile is the error of a command without its input.
var errNoFile = badUse("expected \"<file>\"")

// eachRow is [sources.Set.Each] for the rows of a query.
func (c *runCommand) eachRow(ctx context.Context, how sources.Reading) (empty []string, err error) {
	if bad := how.Bad; bad != nil {
		how.Options.Bad.Record = func(b input.BadRecord) error { return bad(database.Name(c.From), b) }
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
	if err != nil {
		return nil, fmt.Errorf("%s: %w", database.Name(c.From), err)
	}
	return nil, nil
}
