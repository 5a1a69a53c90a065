package load

import "testing"

func TestWrapperOfAMethodWithAValueReceiver(t *testing.T) {
	for name, want := range map[string]string{
		"sort.Search":                     "sort.Search",
		"sort.IntSlice.Len":               "sort.(*IntSlice).Len",
		"example.com/a/b.T.M":             "example.com/a/b.(*T).M",
		"example.com/a/b.(*T).M":          "example.com/a/b.(*T).M",
		"example.com/a/b.F":               "example.com/a/b.F",
		"gopkg.in/yaml%2ev3.Node.Decode":  "gopkg.in/yaml%2ev3.(*Node).Decode",
		"example.com/a/b.List[...].Front": "example.com/a/b.(*List[...]).Front",
	} {
		if got := Wrapped(name); got != want {
			t.Errorf("Wrapped(%q) is %q, not %q", name, got, want)
		}
	}
}

func TestNamesOfTheLinker(t *testing.T) {
	for name, want := range map[string]struct {
		pkg, receiver, function string
		declared, literal       bool
	}{
		"main.main":                 {"main", "", "main", true, false},
		"example.com/a%2eb.T.M":     {"example.com/a.b", "T", "M", true, false},
		"example.com/a.(*T[...]).M": {"example.com/a", "T", "M", true, false},
		"main.init":                 {"main", "", "", false, false},
		"main.init.0":               {"main", "", "init", true, false},
		"main.init.0.func1":         {"main", "", "", false, true},
		"main.main.func2":           {"main", "", "", false, true},
		"main.main.func2.1":         {"main", "", "", false, true},
		"main.main.func2.(*T).m.1":  {"main", "", "", false, true},
		"main.outer.inner.func1":    {"main", "", "", false, true},
		"main.inner.1":              {"main", "", "", false, true}, // in Go 1.27, of one inlined into a literal
		"main.loop-range1":          {"main", "", "", false, false},
		"main.start.gowrap1":        {"main", "", "", false, false},
		"_.goready.func1":           {"", "", "", false, true},
		"type:.eq.main.T":           {"", "", "", false, false},
	} {
		receiver, function, ok := declared(name)
		if !ok {
			receiver, function = "", ""
		}
		if pkg := packageOf(name); pkg != want.pkg || receiver != want.receiver || function != want.function || ok != want.declared || isLiteral(name) != want.literal {
			t.Errorf("%s: package %q, %q.%q, declared %v, literal %v", name, pkg, receiver, function, ok, isLiteral(name))
		}
	}
}
