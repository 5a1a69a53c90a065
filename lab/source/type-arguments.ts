/** `main.drain[...]` of `main.drain[go.shape.[]*main.node]`, as the stacks that a Go program prints have it. */
export function shortTypeArguments(name: string): string {
  let depth = 0;
  let out = '';
  // Brackets lie in brackets.
  for (const char of name) {
    if (char === '[') depth += 1;
    if (depth === 0) out += char;
    if (char !== ']' || depth === 0) continue;
    depth -= 1;
    if (depth === 0) out += '[...]';
  }
  return out;
}
