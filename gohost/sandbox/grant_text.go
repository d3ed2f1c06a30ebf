package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/internal/wasi"
	"example.org/compute-pipeline/gohost/internal/wasi2"
)

// AnyDirectory stands for a directory that is for the program to choose.
const AnyDirectory = "DIRECTORY"

// GrantForms lists the texts that [ParseGrant] reads, for help and errors.
const GrantForms = "clock, random, random=seed:NUMBER, output, files=" + AnyDirectory

// ParseGrant returns the grant that a text describes, for command lines and
// configuration:
//
//	clock            [GrantClock]
//	random           [GrantRandom] with a nil source
//	random=seed:7    [GrantSeededRandom]
//	output           [GrantOutput] with the default limits
//	files=DIRECTORY  [GrantFiles] of the directory, which links cannot leave
//
// The directory must exist. It is opened for each file that the module opens, so there
// is nothing to close, and a directory that takes its place is used from then on. Grants
// of equal texts are equal; see [Grant.Equal].
func ParseGrant(text string) (Grant, error) {
	name, value, hasValue := strings.Cut(text, "=")
	switch {
	case text == "clock":
		return GrantClock(), nil
	case text == "random":
		return GrantRandom(nil), nil
	case text == "output":
		g := GrantOutput(OutputLimits{})
		g.text = text
		return g, nil
	case name == "random" && hasValue:
		digits, ok := strings.CutPrefix(value, "seed:")
		seed, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil {
			return Grant{}, fmt.Errorf("%w: the grant %q: expected random=seed:NUMBER, with a number below 2^64", ErrInvalidInput, text)
		}
		return GrantSeededRandom(seed), nil
	case name == "files" && hasValue:
		return grantDirectory(value)
	}
	return Grant{}, fmt.Errorf("%w: there is no grant %q; the grants are %s", ErrInvalidInput, text, GrantForms)
}

func grantDirectory(dir string) (Grant, error) {
	failed := func(err error) (Grant, error) {
		return Grant{}, fmt.Errorf("%w: the grant of files: %w", ErrInvalidInput, err)
	}
	if dir == "" {
		return failed(fmt.Errorf("the directory's name is empty"))
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return failed(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return failed(err)
	}
	if err := root.Close(); err != nil {
		return failed(err)
	}
	g := GrantFiles(directory(dir))
	g.text = "files=" + dir
	return g, nil
}

// directory is a file system of a directory that is opened for each file. Unlike
// [os.DirFS] it does not follow links out of the directory.
type directory string

func (d directory) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close() // the file stays open
	return root.FS().Open(name)
}

// Stat implements fs.StatFS, so that nothing is opened that cannot be read.
func (d directory) Stat(name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return fs.Stat(root.FS(), name)
}

// Lstat and ReadLink implement fs.ReadLinkFS.
func (d directory) Lstat(name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Lstat(name)
}

func (d directory) ReadLink(name string) (string, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return "", err
	}
	defer root.Close()
	return root.Readlink(name)
}

// String returns the grant as [ParseGrant] reads it, or what it gives if no text says so.
func (g Grant) String() string {
	if g.text != "" {
		return g.text
	}
	return g.name
}

// Equal reports whether two grants give the same. Grants of a reader, a file system or
// limits that the program chose are equal to no other grant, not even to themselves.
func (g Grant) Equal(other Grant) bool { return g.text != "" && g.text == other.text }

const anyFiles = "files=" + AnyDirectory

// grantKinds are the kinds of grants, as texts for [ParseGrant], with their functions of
// WASI preview 1, and what functions of WASI 0.2 need for which they are.
var grantKinds = []struct {
	text    string
	imports []string
	needs   wasi2.Capability
}{
	{"clock", clockImports, wasi2.Clock},
	{"random", randomImports, wasi2.Random},
	{"output", outputImports, wasi2.Output},
	{anyFiles, fileImports, wasi2.Files},
}

// ImportedFunction is a function that a module imports: the name of the import module and
// its own.
type ImportedFunction struct{ Module, Name string }

// IsGrantable reports whether an import module has functions that grants give: of WASI
// preview 1, or an interface of WASI 0.2.
func IsGrantable(module string) bool {
	return module == wasi.Module || strings.HasPrefix(module, "wasi:")
}

// grant returns the grant that gives the function, as a text, or "" if any does. ok reports
// whether there is one.
func (f ImportedFunction) grant() (text string, ok bool) {
	needed, ok := wasi2.Needs(f.Module, f.Name)
	if f.Module == wasi.Module {
		ok = slices.Contains(inertImports, f.Name)
	}
	for _, kind := range grantKinds {
		if f.Module == wasi.Module && slices.Contains(kind.imports, f.Name) || ok && kind.needs == needed {
			return kind.text, true
		}
	}
	return "", ok
}

// GrantsFor returns the fewest grants that cover functions of modules that [IsGrantable]
// reports, as texts for [ParseGrant] with [AnyDirectory] in them. ok reports whether grants
// can cover all of the functions.
func GrantsFor(functions []ImportedFunction) (grants []string, ok bool) {
	ok = true
	for _, f := range functions {
		text, found := f.grant()
		if text != "" {
			grants = append(grants, text)
		}
		ok = ok && found
	}
	slices.Sort(grants)
	grants = slices.Compact(grants)
	switch {
	case slices.Contains(grants, anyFiles): // includes what output does
		grants = slices.DeleteFunc(grants, func(text string) bool { return text == "output" })
	case ok && len(grants) == 0 && len(functions) > 0: // any grant does; this one says nothing
		grants = []string{"random=seed:0"}
	}
	return grants, ok
}
