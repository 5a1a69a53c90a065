/** Bytes that the program of an interrupted capture holds, at random: long enough on its way to be caught. */
const ballast = 96 << 20;

/** The hung program with memory that no compression makes small. */
export function withBallast(source: string): string {
  return source
    .replace('import (', 'import (\n\t"math/rand"')
    .replace(
      'func main() {',
      `var ballast = make([]byte, ${ballast})\n\nfunc main() {\n\trand.Read(ballast)\n`,
    );
}
