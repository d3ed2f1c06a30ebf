package symbols

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// A Target is code that a trace may be of. Its path is nil if nothing is known of its source.
type Target struct {
	Code Code
	Path *Path
}

// Targets are what a trace may be of.
type Targets struct {
	// File is the code in the file that ran: runtimes count bytes from its beginning.
	File []Target
	// Host returns the path from code that a Go program ran, by the beginning of its ID.
	Host func(short string) (*Path, error)
}

// Summary says what was found in a trace.
type Summary struct {
	Frames   int // of WebAssembly
	Resolved int // of these, to a function in the source
	// Mismatch is the error of a frame that cannot be of the targets.
	Mismatch error
}

// The forms of frames. V8 and Firefox have the index of the function, JavaScriptCore its name
// or index and no offset, and Wasmtime a name.
var (
	browserFrame  = regexp.MustCompile(`wasm-function\[(\d+)\](?::0x([0-9a-f]+))?`)
	namedFrame    = regexp.MustCompile(`\.wasm-function\[(\D.*?)\](?:@|$| )`)
	wasmtimeFrame = regexp.MustCompile(`^\s*\d+:\s+0x([0-9a-f]+) - (?:[^!]*!)?(.*)$`)
	hostFrame     = regexp.MustCompile(`^\s*([\w.-]*\..+?)\(((?:` + valueTypes + `)?)\)(?: (?:` + valueTypes + `|\(` + valueTypes + `\)))?$`)
	hostOffset    = regexp.MustCompile(`^\s*0x([0-9a-f]+): (.*)$`)
	goPlace       = regexp.MustCompile(`^\t\S.*\.(?:go|s):\d+(?: |$)`)
	hostCode      = regexp.MustCompile(`^code ([0-9a-f]{` + strconv.Itoa(ShortLen) + `})$`)
)

const valueTypes = `(?:[if](?:32|64)|unknown|externref)(?:,(?:[if](?:32|64)|unknown|externref))*`

// maxLine is the size in bytes up to which a line is looked at. Names of functions may have
// thousands.
const maxLine = 64 << 10

// Annotate copies a trace, and adds behind each frame of WebAssembly a line for each function
// in the source that it stands for. It keeps a line of the trace at a time.
func (t Targets) Annotate(dst io.Writer, src io.Reader) (Summary, error) {
	a := annotator{targets: t, out: bufio.NewWriter(dst)}
	in := bufio.NewReaderSize(src, maxLine)
	for {
		// A program that still runs may write the next line much later.
		if in.Buffered() == 0 {
			if err := a.flush(); err != nil {
				return a.summary, err
			}
		}
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !errors.Is(err, io.EOF) && !long {
			_, _ = a.out.Write(line)
			return a.summary, errors.Join(fmt.Errorf("read the trace: %w", err), a.flush())
		}
		if !long && !a.inLong {
			a.line(strings.TrimRight(string(line), "\r\n"), line)
		} else {
			a.pending()
			_, _ = a.out.Write(line) // an error comes again from Flush
		}
		a.inLong = long
		if errors.Is(err, io.EOF) {
			break
		}
	}
	a.pending()
	return a.summary, a.flush()
}

type annotator struct {
	targets Targets
	out     *bufio.Writer
	summary Summary
	inLong  bool // within a line that is not looked at
	// waiting is the function of a frame of a Go program, whose offset may be in the next line,
	// and signature its types.
	waiting, signature string
}

func (a *annotator) flush() error {
	if err := a.out.Flush(); err != nil {
		return fmt.Errorf("write the trace: %w", err)
	}
	return nil
}

// line copies a line and says what it is.
func (a *annotator) line(text string, raw []byte) {
	if a.waiting != "" && hostOffset.MatchString(text) {
		a.waiting = ""
		_, _ = a.out.Write(raw)
		a.hostOffset(text)
		return
	}
	if goPlace.MatchString(text) {
		a.waiting = "" // it was a function of the Go program
	}
	a.pending()
	_, _ = a.out.Write(raw)
	if len(raw) > 0 && raw[len(raw)-1] != '\n' {
		_ = a.out.WriteByte('\n')
	}
	if m := browserFrame.FindStringSubmatch(text); m != nil {
		a.browser(m[1], m[2])
	} else if m := namedFrame.FindStringSubmatch(text); m != nil {
		a.named(m[1], "")
	} else if m := wasmtimeFrame.FindStringSubmatch(text); m != nil {
		a.wasmtime(m[1], m[2])
	} else if m := hostFrame.FindStringSubmatch(text); m != nil {
		a.waiting, a.signature = m[1], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), m[1]))
	}
}

// pending says what the frame is that waits, since no offset is behind it.
func (a *annotator) pending() {
	if a.waiting == "" {
		return
	}
	name := a.waiting
	a.waiting = ""
	// The name of the module, which may have dots too, and then that of the function.
	for {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return // a name that no target has: of a Go function perhaps
		}
		if a.isName(rest) {
			a.named(rest, a.signature)
			return
		}
		name = rest
	}
}

func (a *annotator) isName(name string) bool {
	for _, target := range a.targets.File {
		if _, ok := target.Code.names[name]; ok {
			return true
		}
	}
	return false
}

// hostOffset is a line with the offset of a frame of a Go program in the code that runs.
func (a *annotator) hostOffset(text string) {
	m := hostOffset.FindStringSubmatch(text)
	code := hostCode.FindStringSubmatch(m[2])
	if code == nil {
		return // it has a line of the source already, from WithDebugInfo
	}
	a.summary.Frames++
	path, err := a.targets.Host(code[1])
	if err != nil {
		a.mismatch(err)
		return
	}
	offset, err := strconv.ParseUint(m[1], 16, 64)
	if err == nil {
		a.print(path.Frames(offset))
	}
}

// browser is a frame with a function's index, and an offset in the file or none.
func (a *annotator) browser(index, offset string) {
	a.summary.Frames++
	function, err := strconv.ParseUint(index, 10, 32)
	if err != nil {
		a.mismatch(fmt.Errorf("%w: no module has a function %s", ErrMismatch, index))
		return
	}
	if offset == "" {
		a.function(uint32(function))
		return
	}
	at, target := a.at(offset)
	if target == nil {
		return
	}
	// Deno says 0 for every function.
	if found, ok := target.Code.Function(at); !ok || function != 0 && uint64(found) != function {
		a.mismatch(fmt.Errorf("%w: the offset %#x is in function %d of the module and not in %d", ErrMismatch, at+target.Code.Start, found, function))
		return
	}
	a.resolve(target, at)
}

// wasmtime is a frame with an offset in the file and a name.
func (a *annotator) wasmtime(offset, name string) {
	a.summary.Frames++
	at, target := a.at(offset)
	if target == nil {
		return
	}
	found, ok := target.Code.Function(at)
	wanted, known := target.Code.Named(readableName(name))
	if !ok || known && wanted != found {
		a.mismatch(fmt.Errorf("%w: the offset %#x is in function %d of the module, and %q is function %d", ErrMismatch, at+target.Code.Start, found, name, wanted))
		return
	}
	a.resolve(target, at)
}

// at returns the target that an offset in the file is in.
func (a *annotator) at(offset string) (uint64, *Target) {
	at, err := strconv.ParseUint(offset, 16, 64)
	for i := range a.targets.File {
		target := &a.targets.File[i]
		if inCode, ok := target.Code.InFile(at); ok && err == nil {
			return inCode, target
		}
	}
	a.mismatch(fmt.Errorf("%w: the offset 0x%s is in no function of the module", ErrMismatch, offset))
	return 0, nil
}

// named is a frame of which only the function's name is known, and the types of its parameters
// and results, or "".
func (a *annotator) named(name, signature string) {
	a.summary.Frames++
	var other error
	for i := range a.targets.File {
		target := &a.targets.File[i]
		function, ok := target.Code.Named(readableName(name))
		if !ok {
			continue
		}
		if declared := target.Code.Signature(function); signature != "" && declared != "" && declared != signature {
			other = fmt.Errorf("%w: %s has the types %s in the module, and %s in the trace", ErrMismatch, name, declared, signature)
			continue
		}
		a.declared(target, function)
		return
	}
	if other != nil {
		a.mismatch(other)
	}
}

// function is a frame of which only the function's index is known.
func (a *annotator) function(index uint32) {
	within := false
	for _, target := range a.targets.File {
		within = within || index < target.Code.functions()
	}
	if !within && len(a.targets.File) > 0 {
		a.mismatch(fmt.Errorf("%w: the module has no function %d", ErrMismatch, index))
		return
	}
	if len(a.targets.File) == 1 {
		a.declared(&a.targets.File[0], index)
	}
}

// declared prints where a function begins.
func (a *annotator) declared(target *Target, function uint32) {
	body, ok := target.Code.Body(function)
	if !ok || target.Path == nil {
		return
	}
	frames := target.Path.Frames(body)
	if len(frames) == 0 {
		return
	}
	// A body begins with declarations of locals, which may have no line.
	for at := body + 1; frames[len(frames)-1].File == "" && at < body+maxDeclarations; at++ {
		if within, _ := target.Code.Function(at); within != function {
			break
		}
		if later := target.Path.Frames(at); len(later) == 1 {
			frames = later
		}
	}
	a.summary.Resolved++
	begin := frames[len(frames)-1]
	if begin.File == "" {
		fmt.Fprintf(a.out, "\t\t%s\n", begin.name())
		return
	}
	fmt.Fprintf(a.out, "\t\t%s, which begins at %s\n", begin.name(), begin.Place())
}

// maxDeclarations is how many bytes of a body may have no line: a count, and for each type of
// locals their number and the type.
const maxDeclarations = 32

func (a *annotator) resolve(target *Target, offset uint64) {
	if target.Path != nil {
		a.print(target.Path.Frames(offset))
	}
}

func (a *annotator) print(frames []Frame) {
	if len(frames) > 0 {
		a.summary.Resolved++
	}
	for _, frame := range frames {
		fmt.Fprintf(a.out, "\t\t%s\n", frame)
	}
}

func (a *annotator) mismatch(err error) {
	if a.summary.Mismatch == nil {
		a.summary.Mismatch = err
	}
	fmt.Fprintf(a.out, "\t\t(%v)\n", err)
}
