package tests

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicPackages are those that other modules can import.
func publicPackages(t *testing.T) (dirs []string) {
	t.Helper()
	seen := make(map[string]bool)
	walk(t, func(path string, _ fs.DirEntry) {
		dir := filepath.Dir(path)
		inside := dir == "gohost" || strings.HasPrefix(dir, "gohost/")
		private := strings.Contains(dir+"/", "/internal/") || strings.Contains(dir, "/cmd/")
		if inside && !private && filepath.Ext(path) == ".go" && !seen[dir] {
			seen[dir] = true
			dirs = append(dirs, dir)
		}
	})
	require.Contains(t, dirs, "gohost")
	require.Contains(t, dirs, "gohost/plugin")
	return dirs
}

func packageDoc(t *testing.T, dir string) *doc.Package {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	require.NoError(t, err)
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(set, files, dir)
	require.NoError(t, err)
	return p
}

// Every exported name of a public package is documented, by a comment that
// begins with it; and every link in a comment leads to a name.
func TestPublicNamesAreDocumented(t *testing.T) {
	unresolved := regexp.MustCompile(`\[\*?[A-Z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*\]`)
	for _, dir := range publicPackages(t) {
		t.Run(dir, func(t *testing.T) {
			p := packageDoc(t, dir)
			check := func(what, text string, names ...string) {
				if assert.NotEmpty(t, text, what) && len(names) == 1 {
					assert.Regexp(t, `^((A|An|The) )?`+regexp.QuoteMeta(names[0])+`\b`, text, what)
				}
				for _, link := range unresolved.FindAllString(leftover(p.Parser().Parse(text)), -1) {
					assert.Fail(t, "a link leads nowhere", "%s: %s", what, link)
				}
			}
			check("package", p.Doc, "Package "+p.Name)
			values := func(values []*doc.Value) {
				for _, v := range values {
					name := strings.Join(v.Names, ", ")
					// The comment of a group, or of each of its lines.
					var each []string
					for _, spec := range v.Decl.Specs {
						text := spec.(*ast.ValueSpec).Doc.Text()
						each = append(each, text)
						if text != "" {
							check(name, text, spec.(*ast.ValueSpec).Names[0].Name)
						}
					}
					if v.Doc != "" || !allSet(each) {
						check(name, v.Doc, v.Names...)
					}
				}
			}
			funcs := func(of string, funcs []*doc.Func) {
				for _, f := range funcs {
					// What an interface of the language asks for needs no words.
					if f.Doc == "" && (f.Name == "Error" || f.Name == "String") {
						continue
					}
					check(of+f.Name, f.Doc, f.Name)
				}
			}
			values(p.Consts)
			values(p.Vars)
			funcs("", p.Funcs)
			for _, typ := range p.Types {
				check(typ.Name, typ.Doc, typ.Name)
				values(typ.Consts)
				values(typ.Vars)
				funcs("", typ.Funcs)
				funcs(typ.Name+".", typ.Methods)
			}
		})
	}
}

// Every name of a public package that a document uses exists.
func TestDocumentsUseNamesThatExist(t *testing.T) {
	exported := make(map[string]bool) // package.Name
	names := make([]string, 0, 5)
	for _, dir := range publicPackages(t) {
		p := packageDoc(t, dir)
		add := func(values []*doc.Value, funcs []*doc.Func) {
			for _, v := range values {
				for _, name := range v.Names {
					exported[p.Name+"."+name] = true
				}
			}
			for _, f := range funcs {
				exported[p.Name+"."+f.Name] = true
			}
		}
		names = append(names, p.Name)
		add(p.Consts, p.Funcs)
		add(p.Vars, nil)
		for _, typ := range p.Types {
			exported[p.Name+"."+typ.Name] = true
			add(typ.Consts, typ.Funcs)
			add(typ.Vars, nil)
		}
	}
	used := 0
	for document, text := range presentDocuments(t) {
		for _, name := range regexp.MustCompile(`\b(?:`+strings.Join(names, "|")+`)\.[A-Z]\w*`).FindAllString(text, -1) {
			assert.True(t, exported[name], "%s: %s", document, name)
			used++
		}
	}
	assert.GreaterOrEqual(t, used, 20)
}

func allSet(texts []string) bool {
	for _, text := range texts {
		if text == "" {
			return false
		}
	}
	return true
}

// leftover is the text of a comment that is neither code nor a link.
func leftover(d *comment.Doc) string {
	var b strings.Builder
	texts := func(list []comment.Text) {
		for _, text := range list {
			if plain, ok := text.(comment.Plain); ok {
				b.WriteString(string(plain))
			}
		}
	}
	var blocks func([]comment.Block)
	blocks = func(list []comment.Block) {
		for _, block := range list {
			switch block := block.(type) {
			case *comment.Paragraph:
				texts(block.Text)
			case *comment.Heading:
				texts(block.Text)
			case *comment.List:
				for _, item := range block.Items {
					blocks(item.Content)
				}
			}
			b.WriteByte('\n')
		}
	}
	blocks(d.Content)
	return b.String()
}
