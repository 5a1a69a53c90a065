import { expect } from 'chai';
import { parseConfig } from '../../lab/config.js';
import { architectureOf } from '../../lab/containers/architecture.js';
import { chooseProcess, readProcesses } from '../../lab/containers/processes.js';
import { type PodReference, parseContainerTarget, podOf } from '../../lab/containers/reference.js';
import { LabError } from '../../lab/errors.js';

function refusal(work: () => unknown): LabError {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const pod = (target: string, contexts: readonly string[] = []) =>
  podOf(parseContainerTarget(target) as PodReference, contexts);

describe('the name of a container', () => {
  it('is taken as engines have it', () => {
    expect(parseContainerTarget('docker://shop_1.web-2')).to.deep.equal({
      kind: 'docker',
      name: 'shop_1.web-2',
    });
    expect(parseContainerTarget('podman://3e29592ba855/')).to.deep.equal({
      kind: 'podman',
      name: '3e29592ba855',
    });
  });

  for (const wrong of [
    'docker://',
    'docker://--help',
    'podman://-v',
    'docker://a b',
    'docker://a/b',
    'docker://a;id',
  ]) {
    it(`is never ${wrong}, which a client could take for something else`, () => {
      const { code, hint } = refusal(() => parseContainerTarget(wrong));
      expect(code).to.equal('usage');
      expect(hint).to.match(/^see what runs: (docker|podman) ps$/);
    });
  }

  it('is a pod in a namespace, in its first container or a named one', () => {
    const none = { context: undefined, container: undefined };
    expect(pod('kubectl://prod/shop-7d9c')).to.deep.equal({ ...none, namespace: 'prod', pod: 'shop-7d9c' });
    expect(pod('kubectl://prod/shop.v2/web')).to.deep.equal({
      ...{ context: undefined, namespace: 'prod' },
      ...{ pod: 'shop.v2', container: 'web' },
    });
  });

  it('begins with a context where there is one of that name, slashes and all', () => {
    const eks = 'arn:aws:eks:eu-west-1:4711:cluster/shop';
    const found = { namespace: 'prod', pod: 'web', container: undefined };
    expect(pod('kubectl://test/prod/web', ['test'])).to.deep.equal({ ...found, context: 'test' });
    expect(pod(`kubectl://${eks}/prod/web`, ['test', eks])).to.deep.equal({ ...found, context: eks });
    expect(pod(`kubectl://${eks}/prod/web/app`, [eks])).to.deep.equal({
      ...found,
      context: eks,
      container: 'app',
    });
    expect(pod(`kubectl://${encodeURIComponent(eks)}/prod/web`, [eks])).to.deep.equal({
      ...found,
      context: eks,
    });
  });

  it('is of the current context where that is left empty, whatever contexts are called', () => {
    expect(pod('kubectl:///prod/web/app', ['prod'])).to.deep.equal({
      ...{ context: undefined, namespace: 'prod' },
      ...{ pod: 'web', container: 'app' },
    });
  });

  for (const [wrong, said] of [
    ['kubectl://web', 'names no pod'],
    ['kubectl://prod//web', 'names no pod'],
    ['kubectl://prod/--all', 'cannot be the name of a pod'],
    ['kubectl://prod/web/-n', 'cannot be the name of a container'],
    ['kubectl://--token=x/prod/web', 'knows no context'],
    ['kubectl://nowhere/prod/web/app', 'knows no context "nowhere"'],
  ] as const) {
    it(`is never ${wrong}`, () => {
      const { code, message, hint } = refusal(() => pod(wrong, ['test']));
      expect(code).to.equal('usage');
      expect(message).to.contain(said);
      expect(hint).to.contain('kubectl');
    });
  }

  it('is nothing that a run happens in: the command for what runs there is told', () => {
    const { code, hint } = refusal(() => parseConfig({ target: 'docker://shop' }));
    expect(code).to.equal('usage');
    expect(hint).to.equal('capture what runs in it: npx lab capture --target docker://shop');
  });
});

describe('the machine of a container', () => {
  it('is one that a helper is built for', () => {
    for (const said of ['linux/amd64', 'x86_64\n', 'amd64'])
      expect(architectureOf(said, 'it')).to.equal('amd64');
    for (const said of ['linux/arm64', 'aarch64']) expect(architectureOf(said, 'it')).to.equal('arm64');
  });

  for (const said of ['linux/riscv64', 'windows/amd64', '']) {
    it(`is never ${JSON.stringify(said)}`, () => {
      expect(refusal(() => architectureOf(said, 'the node n1')).code).to.equal('target');
    });
  }
});

describe('the processes of a container', () => {
  const line = (one: object): string => `${JSON.stringify({ uid: 0, state: 'S', ...one })}\n`;
  const choice = { where: 'the container shop', target: 'docker://shop', grant: 'docker run --cap-add ...' };
  const server = { pid: 1, exe: '/server', command: ['/server', '-x'], go: 'go1.26.8' };
  const worker = { pid: 31, exe: '/worker', command: ['/worker'], go: 'go1.25.5' };
  const shell = { pid: 7, exe: '/bin/busybox', command: ['sh'] };

  it('are read without the helper, wherever it was put, and without what was cut off', () => {
    const helper = { pid: 9, exe: '/tmp/lab-4f', command: ['/tmp/lab-4f', 'list'], go: 'go1.26.8' };
    const text = `${line(server)}${line(helper)}${line(shell)}{"pid":4`;
    expect(readProcesses(text, '/tmp/lab-4f').map(({ pid }) => pid)).to.deep.equal([1, 7]);
  });

  it('leave no choice where one is a Go process', () => {
    expect(chooseProcess(readProcesses(line(shell) + line(server), '/x'), choice).pid).to.equal(1);
  });

  it('are listed where there are several, with the command that chooses', () => {
    const error = refusal(() => chooseProcess(readProcesses(line(server) + line(worker), '/x'), choice));
    expect(error.code).to.equal('usage');
    expect(error.message).to.contain('1  go1.26.8  /server -x').and.contain('31  go1.25.5  /worker');
    expect(error.hint).to.equal('choose one: npx lab capture --target docker://shop --pid 1');
  });

  it('have no Go process that has ended', () => {
    const text = line({ ...server, state: 'Z' }) + line(worker);
    expect(chooseProcess(readProcesses(text, '/x'), choice).pid).to.equal(31);
    expect(refusal(() => chooseProcess(readProcesses(text, '/x'), { ...choice, pid: 1 })).code).to.equal(
      'target',
    );
  });

  it('do nothing to a terminal that lists them', () => {
    const evil = { ...worker, command: ['\u001b]0;gone\u0007', '\n'] };
    const { message } = refusal(() => chooseProcess(readProcesses(line(server) + line(evil), '/x'), choice));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(message).not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('that may not be looked at are no reason to say that there is none', () => {
    const foreign = { pid: 1, command: ['/server'] };
    const { code, message, hint } = refusal(() =>
      chooseProcess(readProcesses(line(foreign) + line(shell), '/x'), choice),
    );
    expect(code).to.equal('missing-permission');
    expect(message).to.contain('what runs in the container shop may not be looked at: 1 /server');
    expect(hint).to.equal(choice.grant);
  });

  it('may be none, and are said then', () => {
    expect(refusal(() => chooseProcess([], choice)).message).to.contain('no process can be seen');
    expect(refusal(() => chooseProcess(readProcesses(line(shell), '/x'), choice)).message).to.contain(
      'no Go process runs in the container shop: 7 sh',
    );
  });
});
