/** `main.drain` of `main.drain[go.shape.[]*main.node]`: brackets lie in brackets. */
export const withoutTypeArguments = (name: string) => replaceTypeArguments(name, '');

/** `main.drain[...]`, as the stacks that a Go program prints have it. */
export const shortTypeArguments = (name: string) => replaceTypeArguments(name, '[...]');

function replaceTypeArguments(name: string, by: string): string {
  let depth = 0;
  let out = '';
  for (const char of name) {
    if (char === '[') depth += 1;
    if (depth === 0) out += char;
    if (char !== ']' || depth === 0) continue;
    depth -= 1;
    if (depth === 0) out += by;
  }
  return out;
}
