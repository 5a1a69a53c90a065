import { kinds, type Variable } from '../../delve/wire.js';

/** A variable as Delve's command line prints it, on one line and cut off at `limit` characters. */
export function variableText(variable: Variable, limit = 300): string {
  const text = render(variable, 0);
  return text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
}

function render(v: Variable, depth: number): string {
  if (v.unreadable !== '') return `(unreadable ${v.unreadable})`;
  if (depth > 4) return '...';
  switch (v.kind) {
    case kinds.string:
      return JSON.stringify(v.value) + (v.len > v.value.length ? '...' : '');
    case kinds.pointer: {
      const target = v.children[0];
      return target === undefined || target.addr === 0 ? 'nil' : `(${v.type})(0x${target.addr.toString(16)})`;
    }
    case kinds.chan:
      return v.base === 0 ? `${v.type} nil` : `${v.type} ${v.len}/${v.cap} at 0x${v.base.toString(16)}`;
    case kinds.struct: {
      if (v.children.length === 0) return v.len > 0 ? `${v.type} {...}` : `${v.type} {}`;
      const fields = v.children.map((child) => `${child.name}: ${render(child, depth + 1)}`);
      return `${v.type} {${fields.join(', ')}}`;
    }
    case kinds.slice:
    case kinds.array: {
      const items = v.children.map((child) => render(child, depth + 1));
      const rest = v.len > items.length ? [`+${v.len - items.length} more`] : [];
      return `${v.type} len ${v.len} [${[...items, ...rest].join(', ')}]`;
    }
    case kinds.map:
      return `${v.type} len ${v.len}`;
    case kinds.unsafePointer:
      return `${v.type}(0x${Number(v.value || 0).toString(16)})`;
    case kinds.interface:
      return v.children[0] === undefined ? `${v.type} nil` : `${v.type}(${v.children[0].type})`;
    default:
      if (v.value === '') return v.type;
      return v.type === 'time.Duration' ? withDuration(v.value) : v.value;
  }
}

const units = [
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
] as const;

/** `1004410386 (1.004410386s)`: as Delve has it, and as Go prints it; `0` and a name of Delve's own stay. */
function withDuration(value: string): string {
  if (!/^-?\d{3,}$/.test(value)) return value;
  const sign = value.startsWith('-') ? '-' : '';
  let left = BigInt(value.slice(sign.length));
  if (left < 1_000_000_000n) {
    const [unit, size] = left < 1_000_000n ? ['µs', 1_000] : ['ms', 1_000_000];
    return `${value} (${sign}${Number(left) / size}${unit})`;
  }
  let text = '';
  for (const [unit, size] of units) {
    const whole = left / size;
    if (whole > 0n || text !== '') text += `${whole}${unit}`;
    left %= size;
  }
  return `${value} (${sign}${text}${Number(left) / 1_000_000_000}s)`;
}

/** A type's name as an expression of Delve's: import paths with slashes must be quoted. */
export function typeExpression(type: string): string {
  return type.replace(/((?:[\w.~-]+\/)+[\w.~-]+)\.(?=\w)/g, '"$1".');
}
