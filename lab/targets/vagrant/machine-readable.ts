/**
 * One line of `vagrant --machine-readable`: `epoch,target,type,data...`
 * (https://developer.hashicorp.com/vagrant/docs/cli/machine-readable), or a line that is none.
 */
export type VagrantRecord =
  /** What Vagrant tells a person, without its `==> name:` prefix; may have several lines. */
  | { readonly kind: 'ui'; readonly machine: string; readonly level: string; readonly text: string }
  /** The error that Vagrant ends with: its Ruby class and message. */
  | { readonly kind: 'error-exit'; readonly name: string; readonly message: string }
  | { readonly kind: 'state'; readonly machine: string; readonly state: string }
  | { readonly kind: 'provider'; readonly machine: string; readonly provider: string }
  | { readonly kind: 'metadata'; readonly machine: string; readonly key: string; readonly value: string }
  | {
      readonly kind: 'action';
      readonly machine: string;
      readonly action: string;
      readonly phase: 'start' | 'end';
    }
  | { readonly kind: 'ssh-config'; readonly machine: string; readonly text: string }
  | {
      readonly kind: 'forwarded-port';
      readonly machine: string;
      readonly guest: number;
      readonly host: number;
    }
  /** `key` is `name`, `provider`, `version`, `architecture` ...; a `name` begins the next box. */
  | { readonly kind: 'box-info'; readonly key: string; readonly value: string }
  | { readonly kind: 'plugin-version'; readonly plugin: string; readonly version: string }
  | {
      readonly kind: 'other';
      readonly machine: string;
      readonly type: string;
      readonly data: readonly string[];
    }
  /** Not machine-readable: what a plugin, a hook or Ruby printed. */
  | { readonly kind: 'plain'; readonly text: string };

export interface RecordParser {
  write(chunk: Uint8Array): readonly VagrantRecord[];
  /** What a last line without its end was. */
  end(): readonly VagrantRecord[];
}

/** Longer lines are cut, so that an endless one cannot take the memory. Characters. */
export const longestLine = 1024 * 1024;

/** Reads the output in chunks as they come; where they are split changes nothing. Bytes that are no UTF-8 become U+FFFD. */
export function recordParser(): RecordParser {
  const decoder = new TextDecoder('utf-8', { fatal: false });
  let rest = '';
  const take = (text: string): VagrantRecord[] => {
    const records: VagrantRecord[] = [];
    rest += text;
    let from = 0;
    for (;;) {
      const at = rest.indexOf('\n', from);
      const end = at === -1 ? rest.length : at;
      if (end - from > longestLine) {
        records.push(parseLine(rest.slice(from, from + longestLine)));
        from += longestLine;
      } else if (at === -1) {
        break;
      } else {
        records.push(parseLine(rest.slice(from, at)));
        from = at + 1;
      }
    }
    rest = rest.slice(from);
    return records;
  };
  return {
    write: (chunk) => take(decoder.decode(chunk, { stream: true })),
    end() {
      const records = take(decoder.decode());
      if (rest !== '') records.push(parseLine(rest));
      rest = '';
      return records;
    },
  };
}

/** One line, without its end. */
export function parseLine(line: string): VagrantRecord {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const match = /^\d+,([^,]*),([a-z][\w-]*),(.*)$/s.exec(text);
  if (match === null) return { kind: 'plain', text };
  const [, machine = '', type = '', tail = ''] = match;
  return typed(decoded(machine), type, tail.split(',').map(decoded));
}

function typed(machine: string, type: string, data: readonly string[]): VagrantRecord {
  const [first = '', second = ''] = data;
  switch (type) {
    case 'ui':
      return { kind: 'ui', machine, level: first, text: withoutPrefix(second, machine) };
    case 'error-exit':
      return { kind: 'error-exit', name: first, message: second };
    case 'state':
      return { kind: 'state', machine, state: first };
    case 'provider-name':
      return { kind: 'provider', machine, provider: first };
    case 'metadata':
      return { kind: 'metadata', machine, key: first, value: second };
    case 'action':
      if (second !== 'start' && second !== 'end') break;
      return { kind: 'action', machine, action: first, phase: second };
    case 'ssh-config':
      return { kind: 'ssh-config', machine, text: first };
    case 'forwarded_port':
      return { kind: 'forwarded-port', machine, guest: Number(first), host: Number(second) };
    case 'plugin-version':
      return { kind: 'plugin-version', plugin: machine, version: first };
    default:
      if (type.startsWith('box-')) return { kind: 'box-info', key: type.slice('box-'.length), value: first };
  }
  return { kind: 'other', machine, type, data };
}

/** Vagrant escapes no backslash, so that a path like `C:\new` cannot be told from a new line. */
function decoded(field: string): string {
  return field.replaceAll('%!(VAGRANT_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '\r');
}

function withoutPrefix(text: string, machine: string): string {
  if (machine === '') return text;
  const prefixes = [`==> ${machine}: `, `    ${machine}: `];
  return text
    .split('\n')
    .map((line) => {
      const prefix = prefixes.find((each) => line.startsWith(each) || `${line} ` === each);
      return prefix === undefined ? line : line.slice(prefix.length);
    })
    .join('\n');
}
