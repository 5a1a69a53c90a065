const stamp =
  /(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?/;

/** The first date with a time in `text`; without a zone it is of this machine's. Undefined where the year is not told. */
export function timeIn(text: string): Date | undefined {
  const found = stamp.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '0', zone = ''] = found;
  const offset = zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  return valid(
    new Date(
      `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`,
    ),
  );
}

/** What a record of a log has for its time: text, or seconds since 1970, or thousandths or less of them. */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value)) return timeIn(value);
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  let number = Number(value);
  if (!(number > 1e8)) return undefined;
  if (number < 1e11) number *= 1000;
  while (number >= 1e14) number /= 1000;
  return valid(new Date(number));
}

function valid(date: Date): Date | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date;
}
