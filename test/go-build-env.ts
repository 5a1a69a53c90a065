import { execa } from 'execa';

const compiler = 'gcc';

/** Whether programs with C code can be built. */
export const hasGcc = (await execa(compiler, ['--version'], { reject: false })).exitCode === 0;

/** For `go build` of a test's program. Go before 1.20 asks for a C compiler that is not there; newer ones do without. */
export const goBuildEnv: Readonly<Record<string, string>> = {
  GOTOOLCHAIN: 'local',
  GOWORK: 'off',
  GOFLAGS: '-buildvcs=false',
  ...(hasGcc ? {} : { CGO_ENABLED: '0' }),
};
