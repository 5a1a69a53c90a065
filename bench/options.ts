/** Numbers of the command line, each an option `--name`, or else what is usual. */
export function numbersOf<Name extends string>(
  usual: Readonly<Record<Name, number>>,
  values: Readonly<Record<string, string | undefined>>,
  least = 0,
): Readonly<Record<Name, number>> {
  const numbers = Object.entries<number>(usual).map(([name, otherwise]) => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < least)
      throw new Error(`--${name} takes a whole number from ${least} on`);
    return [name, value];
  });
  return Object.fromEntries(numbers);
}
