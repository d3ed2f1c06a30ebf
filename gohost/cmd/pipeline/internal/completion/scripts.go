package completion

import (
	"embed"
	"fmt"
)

//go:embed pipeline.bash pipeline.zsh pipeline.fish
var scripts embed.FS

// Script returns the completions of a shell: bash, zsh or fish.
func Script(shell string) ([]byte, error) {
	script, err := scripts.ReadFile("pipeline." + shell)
	if err != nil {
		return nil, fmt.Errorf("no completions for the shell %q", shell)
	}
	return script, nil
}
