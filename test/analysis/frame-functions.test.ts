import { expect } from 'chai';
import { functionOfFrame, indexActivations } from '../../lab/analysis/frame-functions.js';
import type { Cell, Frame, Signature } from '../../lab/analysis/snapshot.js';
import { functionsAtLine } from '../../lab/source/functions.js';
import { programOf } from '../source/go-text.js';

const first = `package main

var answers = make(chan int)

var known = ask()

func init() {
	answers <- 1
}

func init() {
	go func() { answers <- 2 }()
	<-answers
}
`;
const second = `package main

func ask() int {
	return <-answers
}

func main() {
	close(answers)
}
`;

const frameAt = (name: string, file: string, line: number): Frame => ({
  ...{ function: name, file, line, index: 4, inlined: false },
});

function cellOf(frames: readonly Frame[]): Cell {
  const at = { function: '', file: '', line: 0 };
  const places = { currentLocation: at, userLocation: at, startLocation: at, goStatementLocation: at };
  const signature: Signature = {
    ...{ id: 'S1', count: 1, waitReason: 'chan receive', system: false, exampleIds: [1] },
    ...{ status: 'waiting', frames, ...places },
  };
  return { key: 'S1', signature, count: 1, ids: [1], wait: { kind: 'live', why: '' }, elem: 0 };
}

describe('a frame of an initializer', () => {
  it('runs the init function of that line', async () => {
    await using sources = await programOf({ 'a.go': first, 'b.go': second });
    const { program, path } = sources;
    const at = (name: string, line: number) => functionOfFrame(frameAt(name, path('a.go'), line), program);
    expect(at('main.init.0', 8)).to.include({ name: 'init', line: 7 });
    expect(at('main.init.1', 13)).to.include({ name: 'init', line: 11 });
    expect(at('main.init.1.func1', 12)).to.include({ kind: 'literal' });
    expect(at('main.init.2', 5)).to.equal(undefined);
  });

  it('has everything before it that comes with the start of the program', async () => {
    await using sources = await programOf({ 'a.go': first, 'b.go': second });
    const { program, path } = sources;
    const rootOf = (name: string) => {
      const file = program.parse(path(name));
      if (file === undefined) throw new Error(`${name} was not read`);
      return file.root;
    };
    const linesOf = (frame: Frame) => {
      const { of, unseen } = indexActivations([cellOf([frame])], program);
      const [main] = functionsAtLine(rootOf('b.go'), path('b.go'), 8);
      const [init] = functionsAtLine(rootOf('a.go'), path('a.go'), 13);
      return { unseen, at: [init, main].map((fn) => (fn ? of(fn).map((a) => a.frame.line) : [])) };
    };
    expect(linesOf(frameAt('main.init.0', path('a.go'), 8))).to.deep.equal({ unseen: [], at: [[11], [7]] });
    expect(linesOf(frameAt('main.init.1', path('a.go'), 13))).to.deep.equal({ unseen: [], at: [[13], [7]] });
    expect(linesOf(frameAt('main.init', path('a.go'), 5))).to.deep.equal({ unseen: [], at: [[11], [7]] });
  });
});
