package load

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"sort"
	"strings"
)

// Left stands where something was left out of a source.
const Left = "// not in the kit"

// longValue is how many bytes a value of a package variable or constant may have that stays.
const longValue = 256

// A cut leaves out a part of a text, bytes from to to.
type cut struct {
	from, to int
	by       string
}

// strip leaves comments out of a source, but not its first one, which tells its licence, nor directives. Without
// bodies it leaves out as well the insides of functions and of long tables, which have no part in any type; those of
// functions that hold one of the lines stay. Every line keeps its number. What it cannot read it returns as it is.
func strip(text []byte, bodies bool, lines map[int]bool) []byte {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || bytes.IndexByte(text, '\r') >= 0 {
		return text
	}
	s := stripper{fset: fset, text: text, lines: lines}
	s.comments(file)
	if !bodies {
		for _, decl := range file.Decls {
			s.insides(decl)
		}
	}
	short := s.apply()
	if _, err := parser.ParseFile(token.NewFileSet(), "", short, parser.SkipObjectResolution); err != nil {
		return text
	}
	return short
}

type stripper struct {
	fset  *token.FileSet
	text  []byte
	lines map[int]bool
	cuts  []cut
}

func (s *stripper) offset(pos token.Pos) int { return s.fset.File(pos).Offset(pos) }

func (s *stripper) newlines(from, to int) string {
	return strings.Repeat("\n", bytes.Count(s.text[from:to], []byte("\n")))
}

var isDirective = regexp.MustCompile(`^(?://(?:go:|line |export |extern | \+build)|/\*line )`)

func (s *stripper) comments(file *ast.File) {
	for i, group := range file.Comments {
		if i == 0 && group.Pos() < file.Package {
			continue
		}
		for _, comment := range group.List {
			if isDirective.MatchString(comment.Text) {
				continue
			}
			from, to := s.offset(comment.Pos()), s.offset(comment.End())
			by := s.newlines(from, to)
			if to < len(s.text) && s.text[to] == '\n' {
				for from > 0 && (s.text[from-1] == ' ' || s.text[from-1] == '\t') {
					from--
				}
			} else if by == "" {
				by = " "
			}
			s.cuts = append(s.cuts, cut{from, to, by})
		}
	}
}

func (s *stripper) insides(decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Body != nil {
			s.block(d.Body.Lbrace, d.Body.Rbrace)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if spec, ok := spec.(*ast.ValueSpec); ok {
				for _, value := range spec.Values {
					s.value(value)
				}
			}
		}
	}
}

// block empties what lies between braces, if that is more than a line.
func (s *stripper) block(left, right token.Pos) {
	from, to := s.offset(left)+1, s.offset(right)
	ends := s.newlines(from, to)
	if ends == "" {
		return
	}
	for line := s.fset.Position(left).Line; line <= s.fset.Position(right).Line; line++ {
		if s.lines[line] {
			return
		}
	}
	s.cuts = append(s.cuts, cut{from, to, " " + Left + ends})
}

func (s *stripper) value(value ast.Expr) {
	if isText(value) && value.End()-value.Pos() > longValue {
		from, to := s.offset(value.Pos()), s.offset(value.End())
		s.cuts = append(s.cuts, cut{from, to, s.newlines(from, to) + `""`})
		return
	}
	ast.Inspect(value, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.FuncLit:
			s.block(n.Body.Lbrace, n.Body.Rbrace)
			return false
		case *ast.CompositeLit:
			array, ok := n.Type.(*ast.ArrayType)
			// How many elements there are is part of the type of [...]T{}; what has no type takes it from around it.
			if counted := ok && array.Len != nil && isEllipsis(array.Len); n.Type != nil && !counted && n.End()-n.Pos() > longValue {
				s.block(n.Lbrace, n.Rbrace)
				return false
			}
		}
		return true
	})
}

func isEllipsis(length ast.Expr) bool {
	_, ok := length.(*ast.Ellipsis)
	return ok
}

// isText tells whether a value is a string, put together of pieces or not.
func isText(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.BasicLit:
		return v.Kind == token.STRING
	case *ast.BinaryExpr:
		return v.Op == token.ADD && isText(v.X) && isText(v.Y)
	case *ast.ParenExpr:
		return isText(v.X)
	}
	return false
}

func (s *stripper) apply() []byte {
	sort.SliceStable(s.cuts, func(i, j int) bool {
		if s.cuts[i].from != s.cuts[j].from {
			return s.cuts[i].from < s.cuts[j].from
		}
		return s.cuts[i].to > s.cuts[j].to
	})
	var out bytes.Buffer
	at := 0
	for _, one := range s.cuts {
		// It may lie in what is left out already.
		if one.from < at {
			continue
		}
		out.Write(s.text[at:one.from])
		out.WriteString(one.by)
		at = one.to
	}
	out.Write(s.text[at:])
	return out.Bytes()
}
