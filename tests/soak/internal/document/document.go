// Package document writes what was measured into the documents.
package document

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoSection is the error of a document without the section that is to be
// replaced.
var ErrNoSection = errors.New("no such section")

// marks are the lines around the section called name.
func marks(name string) (begin, end string) {
	return "<!-- " + name + ": written by the program. -->\n", "<!-- End of " + name + ". -->\n"
}

// Replace puts text into the place of the section called name, between its two
// marks. The file is replaced as a whole or not at all.
func Replace(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	begin, end := marks(name)
	head, rest, found := strings.Cut(string(old), begin)
	if !found {
		return fmt.Errorf("%s: section %q: %w", file, name, ErrNoSection)
	}
	_, tail, found := strings.Cut(rest, end)
	if !found {
		return fmt.Errorf("%s: the end of section %q: %w", file, name, ErrNoSection)
	}
	return write(file, head+begin+"\n"+strings.TrimSpace(text)+"\n\n"+end+tail)
}

func write(file, text string) error {
	next, err := os.CreateTemp(filepath.Dir(file), ".document-*")
	if err != nil {
		return err
	}
	_, err = next.WriteString(text)
	err = errors.Join(err, next.Chmod(0o644), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}
