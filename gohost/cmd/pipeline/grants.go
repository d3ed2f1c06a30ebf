package main

import (
	"log/slog"

	"example.org/compute-pipeline/gohost"
)

// grantFlags are the flags for what modules may use besides their contract. Commands that
// load or check a module embed them.
type grantFlags struct {
	Grant      []string `group:"Grants" placeholder:"GRANT" help:"Let the module use clock, random, random=seed:NUMBER, output or files=DIR."`
	ImportNone bool     `group:"Grants" help:"Reject a module that needs any grant, as without --grant."`
}

// grants returns the grants, and reports a bad command line.
func (f *grantFlags) grants() ([]gohost.Grant, error) {
	if f.ImportNone && len(f.Grant) > 0 {
		return nil, badUse("--grant and --import-none exclude each other")
	}
	var grants []gohost.Grant
	for _, text := range f.Grant {
		grant, err := gohost.ParseGrant(text)
		if err != nil {
			return nil, badUse("--grant: %w", err)
		}
		grants = append(grants, grant)
	}
	return grants, nil
}

// options returns the options for loading a module with the grants, whose output goes to
// the standard error.
func (f *grantFlags) options(std streams) ([]gohost.Option, error) {
	grants, err := f.grants()
	if err != nil || len(grants) == 0 {
		return nil, err
	}
	return []gohost.Option{
		gohost.WithGrants(grants...), gohost.WithLogger(slog.New(slog.NewTextHandler(std.err, nil))),
	}, nil
}
