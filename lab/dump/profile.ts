import { Profile } from 'pprof-format';
import { LabError, messageOf } from '../errors.js';
import type { Dump, DumpFrame, DumpStack } from './model.js';

/** So many bytes tell a profile from text. */
export const profileHead = 8;

/** Whether `head` begins a profile of pprof's protobuf that is not packed: with a type of its samples or of its period. */
export function isProfile(head: Uint8Array): boolean {
  const [field, length = 0, type] = head;
  // Type and unit are numbers of strings, of a byte or two each.
  return (field === 0x0a || field === 0x5a) && length >= 2 && length <= 12 && type === 0x08;
}

/** pprof's protobuf, unpacked, of goroutines. Errors: `usage` when it is damaged, or of something else. */
export function readProfile(bytes: Uint8Array): Dump {
  const profile = decode(bytes);
  const text = (at: number | bigint) => profile.stringTable.strings[Number(at)] ?? '';
  const [kind = ''] = profile.sampleType.map(({ type }) => text(type));
  if (!/goroutine/.test(kind)) {
    throw new LabError(`this is pprof's profile of ${kind === '' ? 'nothing' : kind}, not of goroutines`, {
      code: 'usage',
      hint: 'take that of goroutines: curl -s http://HOST:PORT/debug/pprof/goroutine?debug=2',
    });
  }
  const leaked = kind === 'goroutineleak';
  const frames = framesByLocation(profile, text);
  let lost = 0;
  const stacks = profile.sample.map((sample): DumpStack => {
    const labels = sample.label.map(({ key, str }) => [text(key), text(str)]);
    const own = sample.locationId.map((id) => frames.get(Number(id)));
    const isWhole = own.every((one) => one !== undefined);
    if (!isWhole) lost++;
    return {
      status: leaked ? 'waiting' : 'other',
      ...{ waitReason: '', leaked, durable: false, locked: false },
      frames: own.flatMap((one) => one ?? []),
      ...(!isWhole && { lack: 'damaged' as const }),
      ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
      count: Number(sample.value[0] ?? 0),
      members: [],
    };
  });
  const time = Number(profile.timeNanos);
  return {
    form: 'profile',
    ...(leaked && { leaks: true as const }),
    ...(time > 0 && { time: new Date(time / 1e6) }),
    goroutines: stacks.reduce((sum, { count }) => sum + count, 0),
    stacks,
    limits: lost === 0 ? [] : [`${lost} stacks of the profile name places that it does not have`],
  };
}

function decode(bytes: Uint8Array): Profile {
  const damaged = (why: string, cause?: unknown) =>
    new LabError(`the profile is damaged: ${why}`, {
      code: 'usage',
      hint: 'take it once more: curl -so goroutines.pb.gz http://HOST:PORT/debug/pprof/goroutine',
      cause,
    });
  if (!endsWithField(bytes)) throw damaged('it is cut off');
  try {
    const profile = Profile.decode(bytes);
    if (lacksNames(profile)) throw damaged('names are missing at its end');
    if (profile.sampleType.length > 0) return profile;
  } catch (error) {
    throw error instanceof LabError ? error : damaged(messageOf(error), error);
  }
  throw damaged('it does not tell what it counts');
}

/** Names stand last in what Go writes. */
function lacksNames({ stringTable, function: functions, sample, sampleType }: Profile): boolean {
  const used = [
    ...functions.flatMap(({ name, filename }) => [name, filename]),
    ...sample.flatMap(({ label }) => label.flatMap(({ key, str }) => [key, str])),
    ...sampleType.map(({ type }) => type),
  ];
  return used.some((at) => Number(at) >= stringTable.strings.length);
}

/** Whether `bytes` are whole fields of protobuf. The library takes what is cut off for whole, with halves of names. */
function endsWithField(bytes: Uint8Array): boolean {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    at = Number.POSITIVE_INFINITY;
    return value;
  };
  while (at < bytes.length) {
    const wire = varint() % 8;
    if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 0) varint();
    else if (wire === 2) {
      const length = varint();
      at += length;
    } else return false;
  }
  return at === bytes.length;
}

/** A place in machine code stands for several calls where functions are inlined: the innermost comes first. */
function framesByLocation(profile: Profile, text: (at: number | bigint) => string): Map<number, DumpFrame[]> {
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]));
  return new Map(
    profile.location.map((location) => [
      Number(location.id),
      location.line.map((line, index): DumpFrame => {
        const fn = functions.get(Number(line.functionId));
        return {
          function: fn === undefined ? 'non-Go function' : asPrinted(text(fn.name)),
          file: fn === undefined ? '' : text(fn.filename),
          line: Number(line.line),
          inlined: index < location.line.length - 1,
        };
      }),
    ]),
  );
}

/** Type arguments as tracebacks have them. */
const asPrinted = (name: string) => name.replace(/\[.*\]/, '[...]');
