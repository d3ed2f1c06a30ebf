package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost/vectors"
)

// functions are the names of the vector files, and the first part of the cases' ids, in
// the order of all tables.
var functions = []string{
	"compute-aggregate", "validate-stream", "process-batch", "validate-checksum", "fold", "merge", "finish",
}

func readVectors(dir string) (*vectors.File, error) {
	var texts [][]byte
	for _, name := range append([]string{"shared"}, functions...) {
		text, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return vectors.Parse(texts...)
}

// isOf reports whether a case is in the file of a function.
func isOf(c *vectors.Case, function string) bool { return strings.HasPrefix(c.ID, function+"/") }

func readJSON(path string, to any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
