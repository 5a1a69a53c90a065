import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { type Needed, neededOf, withoutInsides } from '../../lab/kit/needed-sources.js';
import { withoutComments } from '../../lab/kit/other-sources.js';
import { loadGoParser, type ParseGo, parsed } from '../../lab/source/parser.js';
import { goTools } from '../hung-program.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const mark = '// not in the kit';
const lineCount = (text: string) => text.split('\n').length;

describe('sources in a kit', () => {
  let parse: ParseGo;

  before(async () => {
    parse = await loadGoParser();
  });

  const needs = (names: readonly string[] = [], path = '', lines: readonly number[] = []): Needed => ({
    names: new Set(names),
    lines: new Map([[path, new Set(lines)]]),
  });

  it('lose their comments, not their licence, directives and lines', () => {
    const text = [
      '// Copyright of somebody.',
      '// All rights.',
      '',
      '//go:build linux',
      'package a // of us',
      '',
      '// F does it.',
      'func F() { g() } // now',
    ].join('\n');
    expect(withoutComments(text, parse).split('\n')).to.deep.equal([
      '// Copyright of somebody.',
      '// All rights.',
      '',
      '//go:build linux',
      'package a',
      '',
      '',
      'func F() { g() }',
    ]);
  });

  it('lose functions in which nobody stands, and tables', () => {
    const text = [
      'package a',
      'var few = []int{1}',
      `var many = []int{\n\t${'1, '.repeat(200)}\n}`,
      `const table = "" +\n\t"${'x'.repeat(300)}"`,
      'func gone(x int) int {\n\treturn x\n}',
      'func stands() {\n\tpark()\n}',
      'func calls(s Server) {\n\ts.Serve()\n}',
      'func short() { park() }',
      'type I interface {\n\tServe()\n}',
    ].join('\n');
    expect(withoutInsides(text, '/a.go', needs(['Serve'], '/a.go', [12]), parse).split('\n')).to.deep.equal([
      'package a',
      'var few = []int{1}',
      `var many = []int{ ${mark}`,
      '',
      '}',
      `const table = "" ${mark}`,
      '',
      `func gone(x int) int { ${mark}`,
      '',
      '}',
      'func stands() {',
      '\tpark()',
      '}',
      'func calls(s Server) {',
      '\ts.Serve()',
      '}',
      'func short() { park() }',
      'type I interface {',
      '\tServe()',
      '}',
    ]);
  });

  it('keep every line and declaration of real files', async function () {
    const [go] = await goTools(signal);
    if (go === undefined) return this.skip();
    const { stdout: root } = await execa(go.path, ['env', 'GOROOT']);
    for (const name of [
      'net/http/server.go',
      'runtime/proc.go',
      'unicode/tables.go',
      'syscall/zerrors_linux_amd64.go',
    ]) {
      const text = await readFile(`${root}/src/${name}`, 'utf8');
      const short = withoutInsides(withoutComments(text, parse), name, needs(), parse);
      expect(lineCount(short)).to.equal(lineCount(text));
      expect(short.length).to.be.below(text.length);
      const declared = (source: string) => {
        using tree = parsed(source, parse);
        expect(tree.root.hasError).to.equal(false);
        return tree.root.namedChildren.flatMap((node) => node?.childForFieldName('name')?.text ?? []);
      };
      expect(declared(short)).to.deep.equal(declared(text));
    }
  });

  it('keep what the program names and where the diagnosis looks', async () => {
    await using folder = await tempFolder();
    const local = folder.file('a.go');
    await writeFile(
      local,
      'package a\ntype T struct { once, again int }\nfunc (T) Close() {}\ntype I interface { Serve() }\n',
    );
    const diagnosis = { groups: [{ stack: [{ function: 'f', file: '/x.go', line: 7, inlined: false }] }] };
    const needed = await neededOf(diagnosis, [{ recorded: '/a.go', local, library: false }], parse);
    expect([...needed.names]).to.have.members(['once', 'again', 'Close', 'Serve']);
    expect([...(needed.lines.get('/x.go') ?? [])]).to.deep.equal([7]);
  });
});
