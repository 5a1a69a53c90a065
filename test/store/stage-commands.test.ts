import { expect } from 'chai';
import type { RunRecord } from '../../lab/store/run-record.js';
import { commandsAgain, commandsOn, commandsTo } from '../../lab/store/stage-commands.js';

const stage = (state: 'done' | 'interrupted' | 'killed') =>
  ({ state, startedAt: '2026-01-01T00:00:00Z' }) as const;
const upTo = (...done: readonly string[]): RunRecord['stages'] =>
  Object.fromEntries(done.map((name) => [name, stage('done')]));
const ended = { verdict: 'unknown', exitCode: 130, summary: 'interrupted', reasons: [] } as const;
const conclusion = { ...ended, reasons: [] };

const names = (line: string): string[] => line.split(' && ').map((one) => one.split(' ')[2] ?? '');

describe('the commands that bring a run to a stage', () => {
  it('leave out what is done', () => {
    const line = commandsTo('capture', '/runs/a', {
      stages: upTo('provision', 'build', 'start', 'load'),
      conclusion: null,
    });
    expect(line).to.equal('npx lab capture --run /runs/a');
    expect(names(commandsTo('build', '/a', { stages: {}, conclusion: null }))).to.deep.equal([
      'provision',
      'build',
    ]);
  });

  it('begin with another server where the run has ended and its server with it', () => {
    const stages = { ...upTo('provision', 'build', 'start'), load: stage('interrupted') };
    const again = ['start', 'load', 'capture'];
    expect(names(commandsTo('capture', '/a', { stages, conclusion }))).to.deep.equal(again);
    expect(names(commandsTo('capture', '/a', { stages, conclusion: null }))).to.deep.equal([
      'load',
      'capture',
    ]);
    expect(names(commandsTo('capture', '/a', { stages: upTo('provision'), conclusion }))).to.deep.equal([
      'build',
      ...again,
    ]);
    expect(names(commandsAgain('load', '/a'))).to.deep.equal(['start', 'load']);
  });

  it('name the run in each, as a shell reads it', () => {
    expect(commandsAgain('load', '/my runs/a')).to.equal(
      "npx lab start --run '/my runs/a' && npx lab load --run '/my runs/a'",
    );
  });

  it('are the one command of a stage that needs no server', () => {
    expect(commandsTo('symptoms', '/a', { stages: {}, conclusion: null })).to.equal(
      'npx lab symptoms --run /a',
    );
  });

  it('go on where a run was killed, with another server when that one is gone', () => {
    const killed = (name: string, ...done: readonly string[]) => ({
      stages: { ...upTo(...done), [name]: stage('killed') },
      conclusion: null,
    });
    const on = (record: Parameters<typeof commandsOn>[1], hasServer: boolean) =>
      names(commandsOn('/a', record, hasServer) ?? '');
    const before = ['provision', 'build', 'start'];
    expect(on(killed('build', 'provision'), false)).to.deep.equal(['build']);
    expect(on(killed('connect'), false)).to.deep.equal(['provision']);
    expect(on(killed('load', ...before), true)).to.deep.equal(['load']);
    expect(on(killed('load', ...before), false)).to.deep.equal(['start', 'load']);
    expect(on(killed('symptoms', ...before, 'load'), true)).to.deep.equal(['capture']);
    expect(on(killed('analyze', ...before, 'load', 'capture', 'stop'), false)).to.deep.equal(['analyze']);
    expect(commandsOn('/a', killed('report'), false)).to.equal('npx lab report /a');
    expect(commandsOn('/a', { stages: upTo('build'), conclusion: null }, false)).to.equal(undefined);
  });
});
