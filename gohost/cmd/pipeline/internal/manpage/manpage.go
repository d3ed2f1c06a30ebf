// Package manpage writes the manual page of a command line, from its model.
package manpage

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Write writes the page in the man macros of roff. The date may be empty.
func Write(out io.Writer, app *kong.Application, date, version string) error {
	p := &page{}
	summary, rest, _ := strings.Cut(app.Help, "\n")
	// The date has no escapes: readers parse it.
	p.line(fmt.Sprintf(`.TH "%s" "1" "%s" "%s"`, escaped(strings.ToUpper(app.Name)), date, escaped("compute-pipeline "+version)))
	p.macro("SH", "NAME")
	p.text(app.Name + " - " + strings.TrimSuffix(summary, "."))
	p.macro("SH", "SYNOPSIS")
	p.line(`\fB` + escaped(app.Name) + `\fR \fICOMMAND\fR [\fIFLAGS\fR] [\fIARGUMENTS\fR]`)
	p.macro("SH", "DESCRIPTION")
	p.text(rest)
	p.macro("SH", "COMMANDS")
	for _, leaf := range app.Leaves(true) {
		p.command(app.Name, leaf)
	}
	p.macro("SH", "FLAGS OF ALL COMMANDS")
	p.flags(app.Flags)
	p.macro("SH", "EXIT STATUS")
	for _, status := range [][2]string{
		{"0", "Success."},
		{"1", "The data or a module is invalid, or something failed."},
		{"2", "The command line is invalid."},
		{"128+N", "Ended by signal N."},
	} {
		p.macro("TP")
		p.line(`\fB` + status[0] + `\fR`)
		p.text(status[1])
	}
	_, err := io.WriteString(out, p.out.String())
	return err
}

type page struct{ out strings.Builder }

func (p *page) line(roff string) { p.out.WriteString(roff + "\n") }

// macro writes a request with its arguments, in quotes.
func (p *page) macro(name string, arguments ...string) {
	p.out.WriteString("." + name)
	for _, a := range arguments {
		p.out.WriteString(` "` + strings.ReplaceAll(escaped(a), `"`, `\(dq`) + `"`)
	}
	p.out.WriteByte('\n')
}

// text writes one paragraph of plain text, a sentence a line.
func (p *page) text(text string) {
	for sentence := range strings.SplitSeq(strings.Join(strings.Fields(text), " "), ". ") {
		if !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(text, sentence) {
			sentence += "."
		}
		p.wrapped(sentence)
	}
}

// wrapped writes a sentence on lines that are not too long.
func (p *page) wrapped(sentence string) {
	const most = 76
	line := ""
	for word := range strings.FieldsSeq(escaped(sentence)) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > most:
			p.line(guarded(line))
			line = word
		default:
			line += " " + word
		}
	}
	p.line(guarded(line))
}

// paragraphs writes text with empty lines between paragraphs, and indented lines as they are.
func (p *page) paragraphs(text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		switch {
		case strings.TrimSpace(paragraph) == "":
		case strings.HasPrefix(paragraph, "  "):
			p.macro("PP")
			p.macro("RS", "2")
			p.macro("nf")
			for line := range strings.SplitSeq(paragraph, "\n") {
				p.line(guarded(escaped(strings.TrimPrefix(line, "  "))))
			}
			p.macro("fi")
			p.macro("RE")
		default:
			p.macro("PP")
			p.text(paragraph)
		}
	}
}

func (p *page) command(program string, n *kong.Node) {
	p.macro("SS", program+" "+n.Path())
	usage := `\fB` + escaped(program+" "+n.Path()) + `\fR [\fIFLAGS\fR]`
	for _, a := range n.Positional {
		usage += " " + escaped(a.Summary())
	}
	p.line(usage)
	p.macro("PP")
	p.text(n.Help)
	for _, a := range n.Positional {
		p.macro("TP")
		p.line(`\fI` + escaped(a.Name) + `\fR`)
		p.text(a.Help)
	}
	p.flags(n.Flags)
	p.paragraphs(n.Detail)
}

func (p *page) flags(flags []*kong.Flag) {
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		name := `\fB--` + escaped(f.Name) + `\fR`
		if f.Short != 0 {
			name = `\fB-` + escaped(string(f.Short)) + `\fR, ` + name
		}
		if !f.IsBool() && !f.IsCounter() {
			name += `=\fI` + escaped(cmp.Or(f.PlaceHolder, f.Default, strings.ToUpper(f.Name))) + `\fR`
		}
		p.macro("TP")
		p.line(strings.ReplaceAll(name, "--", `\-\-`))
		help := f.Help
		for _, env := range f.Envs {
			help += fmt.Sprintf(" Environment: %s.", env)
		}
		p.text(help)
	}
}

// roffEscapes are the characters that roff does not take as they are.
var roffEscapes = map[rune]string{'\\': `\e`, '-': `\-`, '\'': `\(aq`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`}

// escaped returns text whose characters roff takes as they are.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch escape, special := roffEscapes[r]; {
		case special:
			out.WriteString(escape)
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// guarded returns a line that roff does not take as a request.
func guarded(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}
