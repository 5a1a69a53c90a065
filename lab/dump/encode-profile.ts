import {
  Function as Fn,
  Label,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';

/** Goroutines of one stack, of any origin. */
export interface ProfileStack {
  /** Innermost first. */
  readonly frames: readonly { readonly function: string; readonly file: string; readonly line: number }[];
  readonly count: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A profile of goroutines in pprof's protobuf, not packed yet; browsers can make it too. */
export function encodeProfile(stacks: readonly ProfileStack[]): Uint8Array {
  const stringTable = new StringTable();
  const text = (value: string) => stringTable.dedup(value);
  const functions = new Map<string, Fn>();
  const locations = new Map<string, Location>();
  const locate = ({ function: name, file, line }: ProfileStack['frames'][number]): number => {
    const fn = numbered(functions, `${name}\n${file}`, (id) => {
      return new Fn({ id, name: text(name), systemName: text(name), filename: text(file) });
    });
    const location = numbered(locations, `${fn.id}:${line}`, (id) => {
      return new Location({ id, mappingId: 1, line: [new Line({ functionId: fn.id, line })] });
    });
    return Number(location.id);
  };
  const sample = stacks.map(
    ({ frames, count, labels = {} }) =>
      new Sample({
        locationId: frames.map(locate),
        value: [count],
        label: Object.entries(labels).map(([key, value]) => new Label({ key: text(key), str: text(value) })),
      }),
  );
  const valueType = () => new ValueType({ type: text('goroutine'), unit: text('count') });
  const mapping = new Mapping({ id: 1, hasFunctions: true, hasFilenames: true, hasLineNumbers: true });
  const profile = new Profile({
    sampleType: [valueType()],
    sample,
    mapping: [mapping],
    location: [...locations.values()],
    function: [...functions.values()],
    timeNanos: BigInt(Date.now()) * 1_000_000n,
    periodType: valueType(),
    period: 1,
    stringTable,
  });
  return profile.encode();
}

function numbered<T>(known: Map<string, T>, key: string, make: (id: number) => T): T {
  let one = known.get(key);
  if (one === undefined) {
    one = make(known.size + 1);
    known.set(key, one);
  }
  return one;
}
