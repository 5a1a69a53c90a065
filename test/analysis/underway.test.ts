import { expect } from 'chai';
import type { Cell, Frame, Signature } from '../../lab/analysis/snapshot.js';
import { isUnderway } from '../../lab/analysis/underway.js';
import { functionAround } from '../../lab/source/functions.js';
import { programOf } from '../source/go-text.js';

const frameOf = (name: string, file: string, line: number, index: number): Frame => ({
  ...{ function: name, file, line, index, inlined: false },
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

/** Whether the first `name` in `main`, which stands at its line in a call of `run`, will not be come to again. */
async function underway(statement: string, name: string) {
  const text = `package main
func run(f func()) {
	<-stop
}
func work() {}
func main() {
	${statement}
}
`;
  await using opened = await programOf({ 'a.go': text });
  const file = opened.path('a.go');
  const root = opened.program.parse(file)?.root;
  const site = root
    ?.descendantsOfType(['identifier'])
    .find(
      (node) =>
        node.text === name && node.startPosition.row >= 6 && node.parent?.type !== 'parameter_declaration',
    );
  const within =
    site === undefined || site === null
      ? undefined
      : functionAround(root?.namedChildren.at(-1) ?? site, file);
  if (site == null || within === undefined) throw new Error('no such name');
  const line = site.startPosition.row + 1;
  const frames = [frameOf('main.run', file, 3, 4), frameOf('main.main', file, line, 5)];
  const [, frame] = frames;
  if (frame === undefined) throw new Error('no frame');
  return isUnderway(site, within, { cell: cellOf(frames), frame }, opened.program);
}

describe('a call that a frame stands in', () => {
  it('is not still ahead, nor is what was worked out for it', async () => {
    expect(await underway('run(nil)', 'run')).to.equal(true);
    expect(await underway('run(work)', 'work')).to.equal(true);
    expect(await underway('if ok { run(work) }', 'work')).to.equal(true);
  });

  it('is still ahead in a loop, when it is deferred, and beside another of the same name', async () => {
    expect(await underway('for { run(work) }', 'run')).to.equal(false);
    expect(await underway('for { run(work) }', 'work')).to.equal(false);
    expect(await underway('defer run(work)', 'run')).to.equal(false);
    expect(await underway('run(nil); run(work)', 'run')).to.equal(false);
    expect(await underway('again: run(work); goto again', 'run')).to.equal(false);
  });

  it('says nothing of what comes after it on the same line, or in a literal', async () => {
    expect(await underway('run(nil); work()', 'work')).to.equal(false);
    expect(await underway('run(func() { work() })', 'work')).to.equal(false);
  });
});
