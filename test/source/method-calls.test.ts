import { expect } from 'chai';
import { functionAround } from '../../lab/source/functions.js';
import { referencesTo } from '../../lab/source/references.js';
import { programOf } from './go-text.js';

const library = `package io
type Closer interface { Close() error }
type Pusher interface {
	Push(x any)
	Stop() (int, error)
}
func use(c Closer, p Pusher, s struct{ Stop func() }) { c.Close(); p.Push(1); p.Stop() }
`;

/** Who may call the method `T.name`: lines, and whether a library may. */
async function callers(text: string, name: string, more: Readonly<Record<string, string>> = {}) {
  await using opened = await programOf({ 'main/a.go': text, ...more }, { 'io/io.go': library });
  const file = opened.path('main/a.go');
  const method = opened.program
    .parse(file)
    ?.root.descendantsOfType(['method_declaration'])
    .find(
      (node) =>
        node.childForFieldName('name')?.text === name &&
        /\bT\b/.test(node.childForFieldName('receiver')?.text ?? ''),
    );
  const fn = method === undefined || method === null ? undefined : functionAround(method, file);
  if (fn === undefined) throw new Error('the text has no such method');
  const { sites, foreign } = referencesTo(fn, opened.program);
  return {
    foreign: foreign !== undefined,
    lines: sites.map(({ node }) => node.startPosition.row + 1),
  };
}

describe('who may call a method', () => {
  it('is no library when no value of its type is ever in an interface', async () => {
    const { foreign } = await callers(
      `package main
import "io"
type T struct{ n int }
func (t *T) Close() error { return nil }
func New() (*T, error) { return &T{n: 1}, nil }
func main() {
	t, err := New()
	if err != nil {
		panic(err)
	}
	all := map[string]*T{"a": t}
	for name, each := range all {
		io.Note(name, each.n)
		each.Close()
	}
}
`,
      'Close',
    );
    expect(foreign).to.equal(false);
  });

  const into: Readonly<Record<string, string>> = {
    'passed to a library': 'func main() { t := &T{}; io.Note(t) }',
    'passed to a function of the program': 'func keep(c io.Closer) {}\nfunc main() { keep(&T{}) }',
    'passed among several': 'func keep(n int, all ...any) {}\nfunc main() { keep(1, 2, &T{}) }',
    'one of the results that are passed on':
      'func two() (int, *T) { return 1, &T{} }\nfunc main() { io.Note(two()) }',
    'assigned to a variable': 'func main() { var c io.Closer; c = &T{}; _ = c }',
    'the value of a declaration': 'func main() { var c io.Closer = &T{}; _ = c }',
    'the value of a package variable': 'var c interface{ Close() error } = &T{}\nfunc main() {}',
    'assigned to what was declared before':
      'func two() (*T, int) { return &T{}, 1 }\nfunc main() { var c io.Closer; c, n := two(); _, _ = c, n }',
    'assigned to a result that has a name':
      'func two() (*T, int) { return &T{}, 1 }\nfunc get() (c io.Closer) { c, n := two(); _ = n; return }\nfunc main() { get() }',
    returned: 'func get() io.Closer { return &T{} }\nfunc main() { get() }',
    'one of several that are returned':
      'func two() (*T, error) { return &T{}, nil }\nfunc get() (io.Closer, error) { return two() }\nfunc main() { get() }',
    'a field of a literal': 'type K struct{ c io.Closer }\nfunc main() { _ = K{c: &T{}} }',
    'a field by position': 'type K struct{ n int; c io.Closer }\nfunc main() { _ = &K{1, &T{}} }',
    'an element of a slice': 'func main() { _ = []io.Closer{&T{}} }',
    'an element of an inner literal': 'func main() { _ = map[string][]any{"a": {1, &T{}}} }',
    appended: 'func main() { var all []io.Closer; all = append(all, &T{}) }',
    'a key of a map': 'func main() { m := map[any]int{}; t := &T{}; m[t] = 1 }',
    'sent on a channel': 'func main() { c := make(chan io.Closer, 1); c <- &T{} }',
    converted: 'func main() { t := &T{}; _ = io.Closer(t) }',
    'converted to any': 'func main() { t := &T{}; _ = any(t) }',
    'taken out of a loop': 'func main() { all := []*T{{}}; var c any; for _, c = range all {}; _ = c }',
    'the operand of a panic': 'func main() { panic(&T{}) }',
    'given to a function value': 'func main() { f := func(x any) {}; f(&T{}) }',
    'returned by a literal': 'func main() { f := func() any { return &T{} }; f() }',
    'embedded in a struct that is converted': 'type U struct{ *T }\nfunc main() { io.Note(&U{&T{}}) }',
    'embedded by way of another':
      'type U struct{ T }\ntype V struct{ n int; U }\nfunc main() { io.Note(V{}) }',
    'embedded in a type made of another': 'type U struct{ T }\ntype V U\nfunc main() { io.Note(V{}) }',
    'embedded in a struct without a name': 'func main() { io.Note(struct{ *T }{&T{}}) }',
    'a type parameter that is converted': 'func show[X any](x X) { io.Note(x) }\nfunc main() { show(&T{}) }',
    'a parameter of a generic type':
      'type B[X any] struct{ x X }\nfunc (b B[X]) show() { io.Note(b.x) }\nfunc main() { B[*T]{}.show() }',
    'hidden by an alias': 'type A = T\nfunc main() { io.Note(&A{}) }',
    'hidden by a type of a function': 'func main() { type K = io.Closer; var k K = &T{}; _ = k }',
    'of a type that is not told': 'func main() { f := unknown(); io.Note(f) }',
  };
  for (const [how, rest] of Object.entries(into)) {
    it(`may be a library when a value of its type is ${how}`, async () => {
      const text = `package main\nimport "io"\ntype T struct{}\nfunc (t *T) Close() error { return nil }\n${rest}\n`;
      expect((await callers(text, 'Close')).foreign).to.equal(true);
    });
  }

  it('may be a library when another package puts it into an interface', async () => {
    const text = `package store\ntype T struct{}\nfunc (t *T) Close() error { return nil }\n`;
    const user = (body: string) =>
      `package far\nimport (\n\t"io"\n\tstore "example.com/app/main"\n)\n${body}\n`;
    const kept = user('func Use() { io.Note(&store.T{}) }');
    expect((await callers(text, 'Close', { 'far/far.go': kept })).foreign).to.equal(true);
    const local = user('func Use() { t := &store.T{}; t.Close() }');
    expect((await callers(text, 'Close', { 'far/far.go': local })).foreign).to.equal(false);
  });

  it('compares the numbers of parameters and results, and types that a library cannot know', async () => {
    const text = `package main
import "io"
type Letter struct{}
type T struct{}
func (t *T) Close() {}
func (t *T) Push(x Letter) {}
func (t *T) Stop() (n int, err error) { return 0, nil }
func main() { io.Note(&T{}) }
`;
    expect((await callers(text, 'Close')).foreign).to.equal(false);
    expect((await callers(text, 'Push')).foreign).to.equal(false);
    expect((await callers(text, 'Stop')).foreign).to.equal(true);
    expect((await callers(text.replace('x Letter', 'x any'), 'Push')).foreign).to.equal(true);
  });

  it('looks at the type of what the method is called on', async () => {
    const { lines } = await callers(
      `package main
import "io"
type T struct{}
func (t *T) Close() {}
type Service struct { Close func() }
type Other struct{}
func (o Other) Close() {}
type Outer struct { *T; n int }
type Two struct { T; Other }
func (t Two) Close() {}
func main() {
	s := Service{}
	if s.Close != nil {
		s.Close()
	}
	var o Other
	o.Close()
	l, err := io.Listen("tcp")
	l.Close()
	t := &T{}
	t.Close()
	Outer{T: t}.Close()
	Two{}.Close()
	unknown().Close()
	(*T).Close(t)
	_ = err
}
`,
      'Close',
    );
    expect(lines).to.deep.equal([21, 22, 24, 25]);
  });

  it('is whoever calls it through an interface of the program when it may be in one', async () => {
    const text = (more: string) => `package main
type Closer interface { Close() }
type T struct{}
func (t *T) Close() {}
type Other struct{}
func (o *Other) Close() {}
func end(c Closer) {
	c.Close()
}
func main() {
	end(&Other{})
${more}
}
`;
    expect((await callers(text(''), 'Close')).lines).to.deep.equal([]);
    expect((await callers(text('\tend(&T{})'), 'Close')).lines).to.deep.equal([8]);
  });
});
