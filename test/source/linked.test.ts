import { expect } from 'chai';
import { followChannel } from '../../lab/source/channel-flow.js';
import { functionsAtLine } from '../../lab/source/functions.js';
import { linkedFunctions } from '../../lab/source/linked.js';
import { loadGoParser } from '../../lab/source/parser.js';
import { openProgram } from '../../lab/source/program.js';
import { routesTo } from '../../lab/source/routes.js';
import { shortTypeArguments, withoutTypeArguments } from '../../lab/source/type-arguments.js';
import { programOf } from './go-text.js';

const text = `package main
type Desk[T any] struct{ out chan T }
func (d *Desk[T]) Close() { close(d.out) }
func (d Desk[T]) peek() { <-d.out }
func stop() { <-plain.out }
func init() { <-plain.out }
var plain = &Desk[int]{}
func send() { plain.out <- 1 }
func use() { func() { stop() }() }
`;

describe('what the linker left out', () => {
  it('is told by the names in the executable', async () => {
    await using opened = await programOf({ 'a.go': text });
    const file = opened.path('a.go');
    const root = opened.program.parse(file)?.root;
    const all = [3, 4, 5, 6].flatMap((line) => (root === undefined ? [] : functionsAtLine(root, file, line)));
    const linked = (...names: string[]) => {
      const isLinked = linkedFunctions(names);
      return all.filter(isLinked).map(({ name }) => name);
    };
    expect(linked('main.main')).to.deep.equal(['init']);
    expect(
      linked('main.(*Desk[go.shape.struct { F func(a/b.C) }]).Close', 'main.Desk[...].peek'),
    ).to.deep.equal(['Close', 'peek', 'init']);
    expect(linked('example.com/a/b.stop', 'main.(*Other).Close')).to.deep.equal(['init']);
    expect(linked('main.stop')).to.deep.equal(['stop', 'init']);
    // Nothing is known of a program without names.
    expect(linked()).to.have.length(4);
  });

  it('is no way to an operation', async () => {
    await using opened = await programOf({ 'a.go': text });
    const file = opened.path('a.go');
    const parse = await loadGoParser();
    for (const [functions, ways] of [
      [
        ['main.main', 'main.use', 'main.stop'],
        ['', 'use'],
      ],
      [['main.main', 'main.stop'], ['']],
      [['main.main', 'main.use'], []],
    ] as const) {
      const program = openProgram({ files: [file], sourceMap: [], recordedGoRoot: '', functions }, parse);
      const send = program.parse(file)?.root.descendantsOfType(['send_statement'])[0];
      const node = send?.childForFieldName('channel');
      if (node == null) throw new Error('nothing is sent');
      const flow = followChannel([{ file, node }], program);
      const stop = flow.operations.filter(({ within }) => within?.name === 'stop');
      const routes = stop.flatMap((operation) => routesTo(operation, flow.copied, program));
      const declared = routes.flatMap((route) => (route.kind === 'through' ? route.within.name : []));
      expect(declared).to.deep.equal(ways);
    }
  });

  it('knows type arguments by their brackets', () => {
    const name = 'main.(*Queue[go.shape.[]main.Pair[int]]).run[go.shape.int].func1';
    expect(withoutTypeArguments(name)).to.equal('main.(*Queue).run.func1');
    expect(shortTypeArguments(name)).to.equal('main.(*Queue[...]).run[...].func1');
    expect(shortTypeArguments('main.each[...]')).to.equal('main.each[...]');
  });
});
