import { dirname } from 'node:path';
import { expect } from 'chai';
import { programsIn, readTruth } from '../../score/truth.js';
import { goTools } from '../hung-program.js';

const own = `
	smallTests := []testCase{
		makeTest("Quiet"),
		makeTest("Loud",
			// One of them.
			\`Loud\\.func1\\(.* \\[chan send\\]\`,
		),
	}
	largeTests := []testCase{
		makeFlakyTest("Both",
			\`Both\\.func1\\(.* \\[select\\]\`,
			\`Both\\.func2\\(.* \\[chan receive\\]\`),
		// makeTest("Dropped",
		// 	\`Dropped\\(\`),
	}
	testCases := append(smallTests)
	runTests("small", testCases)
	runTests("small/large", largeTests)
`;

describe('what the test of the Go distribution expects', () => {
  it('is read with folders and patterns, without what is commented out', () => {
    expect(
      programsIn(own).map(({ expected, ...rest }) => ({
        ...rest,
        expected: expected.map(({ source }) => source),
      })),
    ).to.deep.equal([
      { name: 'Quiet', folder: 'small', simple: true, expected: [] },
      { name: 'Loud', folder: 'small', simple: true, expected: ['Loud\\.func1\\(.* \\[chan send\\]'] },
      {
        ...{ name: 'Both', folder: 'small/large', simple: false },
        expected: ['Both\\.func1\\(.* \\[select\\]', 'Both\\.func2\\(.* \\[chan receive\\]'],
      },
    ]);
  });

  it('is found in each toolchain that has it, most of it with leaks', async function () {
    const gos = await goTools(new AbortController().signal);
    const having = gos.filter(({ version }) => Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 26);
    if (having.length === 0) return this.skip(); // needs Go 1.26
    for (const go of having) {
      const programs = await readTruth(dirname(dirname(go.path)));
      expect(programs.length, go.version).to.be.greaterThan(50);
      expect(programs.filter(({ expected }) => expected.length === 0).length, go.version).to.be.lessThan(5);
    }
  });

  it('is refused of a folder that has none, with what to do', async () => {
    const error = await readTruth('/nonexistent').catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'usage' });
  });
});
