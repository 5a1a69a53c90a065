import { expect } from 'chai';
import { followContext } from '../../lab/source/contexts.js';
import { callsOfVariable } from '../../lab/source/function-values.js';
import { programOf } from './go-text.js';

/** What ends the context `ctx.Done()` of the text, and in which lines. */
async function endsOf(text: string) {
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const done = opened.program
    .parse(file)
    ?.root.descendantsOfType(['selector_expression'])
    .find((node) => node.childForFieldName('field')?.text === 'Done');
  const context = done?.childForFieldName('operand');
  if (context == null) throw new Error('nobody waits');
  const { contexts, others } = followContext(context, file, opened.program);
  const cancels = contexts.flatMap(({ cancel }) => {
    if (cancel === undefined) return ['none'];
    const found = callsOfVariable(cancel, file, opened.program);
    return found.kind === 'lost' ? ['lost'] : found.calls.map(({ within }) => within.name);
  });
  return { made: contexts.map(({ line }) => line), cancels, others: others.map(({ text: what }) => what) };
}

const head = 'package p\nimport "context"\n';

describe('the ends of a context', () => {
  it('are found where the cancel function is kept in a field', async () => {
    const found = await endsOf(`${head}
type job struct{ ctx context.Context; stop context.CancelFunc }
func start() *job {
	ctx, stop := context.WithCancel(context.Background())
	return &job{ctx: ctx, stop: stop}
}
func (j *job) end() { j.stop() }
func (j *job) wait() { <-j.ctx.Done() }
`);
    expect(found).to.deep.equal({ made: [6], cancels: ['end'], others: [] });
  });

  it('are followed through functions with several results', async () => {
    const found = await endsOf(`${head}
func open(name string) (context.Context, context.CancelFunc, error) {
	if name == "" {
		return nil, nil, errEmpty
	}
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, cancel, nil
}
func reopen() (context.Context, context.CancelFunc, error) { return open("x") }
func run() {
	ctx, end, _ := reopen()
	go func() { <-ctx.Done() }()
	end()
}
func other() {
	_, _, _ = open("y")
}
`);
    expect(found).to.deep.equal({ made: [8], cancels: ['run'], others: [] });
  });

  it('may be anywhere when a caller does with it what is not followed', async () => {
    const found = await endsOf(`${head}
func open() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, cancel
}
func run() {
	ctx, _ := open()
	<-ctx.Done()
}
func other() { keep(open()) }
`);
    expect(found).to.deep.equal({ made: [5], cancels: ['lost'], others: [] });
    const request = await endsOf(`${head}
type box struct{ ctx context.Context }
func (b *box) Context() context.Context { return b.ctx }
func run(r *http.Request) {
	ctx := r.Context()
	<-ctx.Done()
}
`);
    expect(request.others).to.include('r.Context()');
  });
});
