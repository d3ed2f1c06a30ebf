package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/completion"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/manpage"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"Shell: ${enum}."`
}

// Help implements kong.HelpProvider.
func (*completionCommand) Help() string {
	return `In bash, add to ~/.bashrc:

  source <(pipeline completion bash)

In zsh, add to ~/.zshrc, after compinit:

  source <(pipeline completion zsh)

In fish, once:

  pipeline completion fish > ~/.config/fish/completions/pipeline.fish

The scripts ask the program for the words, so that they stay right when it changes.`
}

// Run prints the script.
func (c *completionCommand) Run(std streams) error {
	script, err := completion.Script(c.Shell)
	if err != nil {
		return err
	}
	_, err = std.out.Write(script)
	return err
}

type manCommand struct{}

// Help implements kong.HelpProvider.
func (*manCommand) Help() string {
	return `Read it, or install it:

  pipeline man | man -l -
  pipeline man > ~/.local/share/man/man1/pipeline.1`
}

// Run prints the page.
func (*manCommand) Run(app *kong.Kong, std streams) error {
	info := versionInfo()
	day := info.Time
	if len(day) > len("2006-01-02") {
		day = day[:len("2006-01-02")]
	}
	return manpage.Write(std.out, app.Model, day, info.Version)
}

type versionCommand struct {
	Output string `short:"o" enum:"text,json" default:"text" help:"Format: ${enum}."`
}

// Run prints what the program is built of.
func (c *versionCommand) Run(std streams) error {
	info := versionInfo()
	if c.Output == "json" {
		out := json.NewEncoder(std.out)
		out.SetIndent("", "  ")
		return out.Encode(info)
	}
	text := versionText() + fmt.Sprintf("\nGo %s, %s/%s", info.Go, info.OS, info.Arch)
	if info.Revision != "" {
		text += "\nrevision " + info.Revision
		if info.Modified {
			text += ", modified"
		}
	}
	_, err := fmt.Fprintln(std.out, text)
	return err
}

// aboutBuild says what the program is built of. What is not known is empty.
type aboutBuild struct {
	Version  string `json:"version"`
	Engine   string `json:"engine_sha256"`
	Wazero   string `json:"wazero"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Revision string `json:"revision"`
	Time     string `json:"revision_time"`
	Modified bool   `json:"modified"`
}

func versionInfo() aboutBuild {
	about := aboutBuild{
		Version: "(built from source)", Engine: gohost.EngineHash(), Wazero: "unknown",
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return about
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		about.Version = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/tetratelabs/wazero" {
			about.Wazero = dep.Version
		}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			about.Revision = s.Value
		case "vcs.time":
			about.Time = s.Value
		case "vcs.modified":
			about.Modified = s.Value == "true"
		}
	}
	return about
}

// versionText returns the output of --version.
func versionText() string {
	info := versionInfo()
	return fmt.Sprintf("pipeline %s\nengine SHA-256 %s\nwazero %s", info.Version, info.Engine, info.Wazero)
}
