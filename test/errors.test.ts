import { expect } from 'chai';
import { withDeadline } from '../lab/deadline.js';
import { interrupted, LabError, outOfTime, toLabError } from '../lab/errors.js';

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
    expect(met('EIO', '/a').code).to.equal('internal');
    expect(met('EPERM').code, 'of a signal that may not be sent').to.equal('internal');
  });

  it('stays what it is otherwise', () => {
    const error = new LabError('no gdb', { code: 'missing-tool' });
    expect(outOfTime(error)).to.equal(error);
    expect(toLabError(new DOMException('aborted', 'AbortError'))).to.include({ code: 'interrupted' });
    expect(toLabError(new Error('what')).code).to.equal('internal');
  });
});
