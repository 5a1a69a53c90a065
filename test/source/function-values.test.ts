import { expect } from 'chai';
import { callsOfValue } from '../../lab/source/function-values.js';
import { programOf } from './go-text.js';

/** Where the method value `j.Run` in `main/a.go` may be called: lines of `service/s.go`, or that it is lost. */
async function calls(main: string, service: string, library: Readonly<Record<string, string>> = {}) {
  await using opened = await programOf({ 'main/a.go': main, 'service/s.go': service }, library);
  const file = opened.path('main/a.go');
  const value = opened.program
    .parse(file)
    ?.root.descendantsOfType(['selector_expression'])
    .find(({ text }) => text === 'j.Run');
  if (value === undefined || value === null) throw new Error('the text has no method value');
  const found = callsOfValue(value, file, opened.program);
  return found.kind === 'lost' ? 'lost' : found.calls.map(({ node }) => node.startPosition.row + 1).sort();
}

const main = (use: string) => `package main
import service "example.com/app/service"
type Job struct{}
func (j *Job) Run() {}
func main() {
	j := &Job{}
	${use}
}
`;
const service = `package service
type Service struct {
	Work func()
	Close func()
}
type Other struct{ Work func() }
func (s Service) Start() {
	if s.Work != nil {
		go s.Work()
	}
	s.Close()
}
func (o *Other) Start() { o.Work() }
func use(o Other, s *Service) {
	o.Work()
	work := s.Work
	work()
}
`;

describe('a function value in a field of a struct of another package', () => {
  it('is called where that field is called, not where one of the same name is', async () => {
    const literal = main('service.Main(service.Service{Work: j.Run})');
    expect(await calls(literal, service)).to.deep.equal([17, 9]);
    const assigned = main('s := &service.Service{}\n\ts.Work = j.Run');
    expect(await calls(assigned, service)).to.deep.equal([17, 9]);
    const other = main('_ = service.Service{Close: j.Run}');
    expect(await calls(other, service)).to.deep.equal([11]);
  });

  it('is called where either field is called when it goes from one struct into another', async () => {
    const more = `${service}func move(s Service) Other { return Other{Work: s.Work} }\n`;
    expect(await calls(main('_ = service.Service{Work: j.Run}'), more)).to.deep.equal([13, 15, 17, 9]);
  });

  it('is lost when the field goes out of sight', async () => {
    const literal = main('_ = service.Service{Work: j.Run}');
    const given = `${service}func give(s Service) func() { return s.Work }\n`;
    expect(await calls(literal, given), 'to nobody').to.deep.equal([17, 9]);
    expect(await calls(literal, `${given}var all = []func(){give(Service{})}\n`)).to.equal('lost');
    expect(await calls(literal, `${service}func keep(s Service) { all["a"] = s.Work }\n`)).to.equal('lost');
    expect(await calls(literal, `${service}func hand(s Service) { unknown(s.Work) }\n`)).to.equal('lost');
  });

  it('is lost in a struct of the library, and when it is set by position', async () => {
    expect(await calls(main('_ = service.Service{j.Run, nil}'), service)).to.equal('lost');
    const text = main('_ = io.Server{Work: j.Run}').replace('import ', 'import "io"\nimport ');
    expect(
      await calls(text, service, { 'io/io.go': 'package io\ntype Server struct{ Work func() }\n' }),
    ).to.equal('lost');
  });

  it('is called through a struct that embeds the other', async () => {
    const more = `${service}type Outer struct{ Service }\nfunc (o Outer) go1() { o.Work() }\n`;
    expect(await calls(main('_ = service.Service{Work: j.Run}'), more)).to.deep.equal([17, 20, 9]);
  });
});
