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
