import { expect } from 'chai';
import { withDeadline } from '../lab/deadline.js';
import { interrupted, LabError, outOfTime, toLabError, withAdvice } from '../lab/errors.js';

const late = async (): Promise<unknown> => {
  const signal = withDeadline(new AbortController().signal, 1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return signal.reason;
};

describe('what a person is told of an error', () => {
  it('is never the name of a deadline, and no interruption that nobody asked for', async () => {
    for (const wrap of [toLabError, interrupted]) {
      const told = outOfTime(toLabError(wrap(await late())));
      expect(told).to.include({ code: 'target', exitCode: 69 });
      expect(told.message).to.equal('something that was waited for did not come: not done within 1 ms');
      expect(told.hint).to.be.a('string');
    }
    expect(outOfTime(interrupted()).message).to.equal('something that was waited for did not come');
  });

  it('is where the disk is full or may not be written to, wherever that was met', () => {
    const met = (code: string, path?: string) =>
      toLabError(
        Object.assign(new Error(`${code}: it failed`), { code, syscall: 'write', ...(path && { path }) }),
      );
    expect(met('ENOSPC')).to.include({ code: 'no-space', exitCode: 69 });
    expect(met('EDQUOT', '/a').message).to.contain('/a');
    expect(met('EROFS', '/a')).to.include({ code: 'missing-permission', exitCode: 69 });
    expect(met('EACCES', '/a').hint).to.be.a('string');
    expect(met('EIO', '/a')).to.include({ code: 'target', exitCode: 69 });
    expect(met('EMFILE').hint).to.contain('ulimit -n');
    expect(met('ENOENT', '/a/b')).to.include({
      code: 'usage',
      message: '/a/b cannot be used: it does not exist',
    });
    expect(met('EPERM').code, 'of a signal that may not be sent').to.equal('internal');
  });

  it('is that memory is short, by whomever that was said', () => {
    for (const said of [
      'Aborted(RangeError: WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance)',
      'WebAssembly.Memory(): could not allocate memory',
      'Array buffer allocation failed',
    ])
      expect(toLabError(new RangeError(said))).to.include({ code: 'no-space', exitCode: 69 });
  });

  it('has an action to take, whoever threw it', () => {
    const codes = ['usage', 'missing-tool', 'port-taken', 'target', 'undecided', 'internal'] as const;
    for (const code of codes) expect(withAdvice(new LabError('x', { code })).hint).to.be.a('string');
    expect(withAdvice(toLabError(new Error('x'))).hint).to.contain('LAB_DEBUG=1');
    expect(withAdvice(new LabError('x', { code: 'usage', hint: 'y' })).hint).to.equal('y');
  });

  it('stays what it is otherwise', () => {
    const error = new LabError('no gdb', { code: 'missing-tool' });
    expect(outOfTime(error)).to.equal(error);
    expect(toLabError(new DOMException('aborted', 'AbortError'))).to.include({ code: 'interrupted' });
    expect(toLabError(new Error('what')).code).to.equal('internal');
  });
});
