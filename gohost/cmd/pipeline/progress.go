package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress is a bar on standard error, or none.
type progress struct {
	bar    *progressbar.ProgressBar
	source measured
}

// measured is what a bar shows.
type measured interface {
	Done() int64 // bytes
	Size() int64 // -1 if it is unknown
}

// newProgress returns a bar that follows the source, if w is a terminal.
func newProgress(w io.Writer, source measured, off bool) *progress {
	file, ok := w.(*os.File)
	if off || !ok || !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	return &progress{source: source, bar: progressbar.NewOptions64(source.Size(),
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetRenderBlankState(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)}
}

// update draws how much of the input has been read.
func (p *progress) update() {
	if p.bar != nil {
		// The run continues without a bar.
		_ = p.bar.Set64(p.source.Done())
	}
}

// clear removes the bar, so that other output has the line.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
