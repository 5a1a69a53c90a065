import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import { routesTo } from '../../lab/source/routes.js';
import { programOf } from './go-text.js';

/** The ways into the receives from the channel of the first send in the text. */
async function routesIn(text: string) {
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const send = opened.program.parse(file)?.root.descendantsOfType(['send_statement'])[0];
  const channel = send?.childForFieldName('channel');
  if (channel == null) throw new Error('the text sends nothing');
  const flow = followChannel([{ file, node: channel }], opened.program);
  return flow.operations
    .filter(({ kind }) => kind === 'receive')
    .flatMap((operation) => routesTo(operation, flow.copied, opened.program))
    .map((route) => (route.kind === 'open' ? `open: ${route.why}` : `through ${route.within.name}`));
}

const hub = (subscribe: string) => `package p
import "net/http"
type Hub struct{ last *Member; members map[string]*Member }
type Member struct{ news chan string }
${subscribe}
func (m *Member) tell(s string) { m.news <- s }
func main() {
	h := &Hub{}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { listen(h) })
}
func listen(h *Hub) {
	member := h.Join()
	for {
		println(<-member.news)
	}
}
`;

describe('objects that a function makes', () => {
  it('takes the result of a constructor for a new object', async () => {
    const routes = await routesIn(
      hub(`func (h *Hub) Join() *Member {
	member := &Member{news: make(chan string)}
	h.last = member
	return member
}`),
    );
    expect(routes).to.deep.equal([]);
  });

  it('takes nothing for new that a function may have kept', async () => {
    for (const join of [
      // A cache.
      `func (h *Hub) Join() *Member {
	if member, ok := h.members["x"]; ok {
		return member
	}
	member := &Member{news: make(chan string)}
	h.members["x"] = member
	return member
}`,
      // Made once.
      `func (h *Hub) Join() *Member {
	if h.last == nil {
		h.last = &Member{news: make(chan string)}
	}
	return h.last
}`,
      // A variable that is exchanged.
      `func (h *Hub) Join() *Member {
	member := &Member{news: make(chan string)}
	if h.last != nil {
		member = h.last
	}
	return member
}`,
      // A result that is exchanged on the way out.
      `func (h *Hub) Join() (member *Member) {
	defer func() { member = h.last }()
	return &Member{news: make(chan string)}
}`,
      // The channel is not new.
      `var common = make(chan string)
func (h *Hub) Join() *Member { return &Member{news: common} }`,
    ]) {
      expect(await routesIn(hub(join)), join).to.include.members([
        'open: a function literal is used as a value',
      ]);
    }
  });

  it('looks into a constructor that calls another, and at one result of several', async () => {
    const routes = await routesIn(`package p
import "net/http"
type Queue struct{ in chan int }
func newQueue() *Queue { return &Queue{in: make(chan int)} }
func Open(name string) (*Queue, error) {
	if name == "" {
		return nil, errEmpty
	}
	q := newQueue()
	return q, nil
}
func (q *Queue) put() { q.in <- 1 }
func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		q, err := Open("x")
		if err != nil {
			return
		}
		<-q.in
	})
}
`);
    expect(routes).to.deep.equal([]);
  });

  it('sees calls of generic functions, with arguments and without', async () => {
    for (const [call, parameter] of [
      ['NewQueue[int]()', ''],
      ['NewQueue[int](3)', 'size int'],
      ['NewQueue[int](3, 4)', 'a, b int'],
    ]) {
      const routes = await routesIn(`package p
type Queue[T any] struct{ in chan T }
func NewQueue[T any](${parameter}) *Queue[T] {
	q := &Queue[T]{in: make(chan T)}
	go q.run()
	return q
}
func (q *Queue[T]) run() {
	for range q.in {
	}
}
func main() {
	q := ${call}
	q.in <- 1
}
func handler() { main() }
`);
      expect(routes, call).to.deep.equal(['through NewQueue']);
    }
  });

  it('follows a channel into a generic function that is called with its type', async () => {
    const routes = await routesIn(`package p
func main() {
	in := make(chan int)
	go drain[int](in)
	in <- 1
}
func drain[T any](from chan T) {
	for range from {
	}
}
`);
    expect(routes).to.deep.equal(['through main']);
  });
});
