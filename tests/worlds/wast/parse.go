// Package wast reads the scripts of the component model's tests: components, and what their
// functions return.
package wast

import (
	"fmt"
	"strconv"
	"strings"
)

// Node is a list in parentheses, a text in quotes, or any other word.
type Node struct {
	// Word is the word, or the text.
	Word string
	// Text is whether it was in quotes.
	Text bool
	// List are the parts of a list.
	List []Node
	// Source is how the node is written, and Line where.
	Source string
	Line   int
}

// Is reports whether the node is a list that begins with a word.
func (n Node) Is(word string) bool { return len(n.List) > 0 && n.List[0].Word == word }

// Parse returns the lists of a script.
func Parse(source string) ([]Node, error) {
	p := parser{source: source, line: 1}
	var nodes []Node
	for p.skip(); p.at < len(source); p.skip() {
		node, err := p.node()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

type parser struct {
	source   string
	at, line int
}

func (p *parser) advance(n int) {
	p.line += strings.Count(p.source[p.at:p.at+n], "\n")
	p.at += n
}

// skip skips blanks and comments.
func (p *parser) skip() {
	for {
		rest := p.source[p.at:]
		switch {
		case strings.HasPrefix(rest, ";;"):
			end := strings.IndexByte(rest+"\n", '\n')
			p.advance(min(end+1, len(rest)))
		case strings.HasPrefix(rest, "(;"):
			end := strings.Index(rest, ";)")
			if end < 0 {
				end = len(rest) - 2
			}
			p.advance(end + 2)
		case rest != "" && strings.ContainsRune(" \t\r\n", rune(rest[0])):
			p.advance(1)
		default:
			return
		}
	}
}

func (p *parser) node() (node Node, err error) {
	start := p.at
	node.Line = p.line
	switch rest := p.source[p.at:]; {
	case rest[0] == '(':
		p.advance(1)
		for p.skip(); ; p.skip() {
			if p.at == len(p.source) {
				return node, fmt.Errorf("the list of line %d has no end", node.Line)
			}
			if p.source[p.at] == ')' {
				break
			}
			part, err := p.node()
			if err != nil {
				return node, err
			}
			node.List = append(node.List, part)
		}
		p.advance(1)
	case rest[0] == '"':
		end := 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(rest) {
			return node, fmt.Errorf("the text of line %d has no end", node.Line)
		}
		node.Text = true
		node.Word = rest[1:end]
		p.advance(end + 1)
	default:
		end := strings.IndexAny(rest, " \t\r\n()\";")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return node, fmt.Errorf("%q", rest[0])
		}
		node.Word = rest[:end]
		p.advance(end)
	}
	node.Source = p.source[start:p.at]
	return node, nil
}

// Unquote returns the text of a constant.
func (n Node) Unquote() (string, error) {
	if !n.Text {
		return "", fmt.Errorf("%q is not in quotes", n.Word)
	}
	return strconv.Unquote(n.Source)
}
