/**
 * The same hang as another process of another build would print it: goroutines have other numbers, memory and code lie
 * elsewhere, lines have moved by file, and of goroutines that share a stack there are fewer, but at least one.
 */
export function variantOf(dump: string, random: () => number): string {
  const firstAt = dump.search(/^goroutine \d+ /m);
  if (firstAt < 0) throw new Error('a dump without goroutines');
  const goroutines = dump.slice(firstAt).split(/\n\n(?=goroutine \d+ )/);
  const later = Math.floor(random() * 90_000);
  const shift = BigInt(Math.floor(random() * 0xfff)) << 12n;
  const kept = 0.2 + 0.8 * random();
  const moved = new Map<string, number>();
  const seen = new Set<string>();
  const others = goroutines.filter((text) => {
    const stack = text.replaceAll(/^goroutine .*|\(.*\)$|0x[0-9a-f]+|in goroutine \d+/gm, '');
    const isFirst = !seen.has(stack);
    seen.add(stack);
    return isFirst || random() < kept;
  });
  const lineOf = (file: string, line: string): string => {
    const by = moved.get(file) ?? Math.floor(random() * 40);
    moved.set(file, by);
    return `${file}:${Number(line) + by}`;
  };
  return (dump.slice(0, firstAt) + others.join('\n\n'))
    .replaceAll(/(^|in )goroutine (\d+)/gm, (_, before: string, id: string) => {
      // The main goroutine is the first of every process.
      const number = id === '1' ? 1 : Number(id) + later;
      return `${before}goroutine ${number}`;
    })
    .replaceAll(/0xc[0-9a-f]{9}\b/g, (address) => `0x${(BigInt(address) + shift).toString(16)}`)
    .replaceAll(/^(\t\/.*\.go):(\d+)/gm, (_, file: string, line: string) => lineOf(file, line));
}
