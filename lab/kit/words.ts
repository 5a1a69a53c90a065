/** Which 64-bit words of kept memory may stay: addresses and plain numbers, not what may be somebody's data. */
export interface WordRule {
  /**
   * Zeroes in place every aligned word that may be data, and returns how many bytes that were. `same` are bytes that
   * everybody has, of the executable: a word that is equal to its own there stays.
   */
  scrub(bytes: Buffer, same?: Buffer): number;
}

const dropped = 0;
const kept = 1;
/** A number that would be a few characters as well: it stays unless there is data beside it. */
const doubtful = 2;
/** A number that would be text as well, or a long one: its lower half goes, since zero would mean something else. */
const rounded = 3;

/** How far from the time of the core a clock reading may be to be taken for one, in seconds. */
const clockWindow = 45 * 24 * 3600;
/** Seconds from 1885, where the wall clock of Go's `time.Time` begins (time/time.go), to 1970. */
const from1885 = 2_682_288_000;

/**
 * Data of the service may lie anywhere: in arrays on stacks, inside of structs. What it looks like is not known, so
 * the rule is about what may stay: what could be an address of the process, small numbers, flags, simple fractions,
 * and clock readings of about the time of the core. All else is zeroed, text above all: of it at most four characters
 * stay, and those only where they stand alone. Of numbers below 2^56 the upper half stays: a timer that is to fire must
 * not look like one that was stopped.
 *
 * The helper that takes cores has the same rule: helpers/capture/internal/scrub/words.go.
 */
export function wordRule(isAddress: (value: number) => boolean, coreTimeMs: number): WordRule {
  const seconds = coreTimeMs / 1000;
  const wallLow = Math.floor((seconds + from1885 - clockWindow) / 4) + 2 ** 31;
  const wallHigh = Math.ceil((seconds + from1885 + clockWindow) / 4) + 2 ** 31;
  const nanosLow = Math.floor(((seconds - clockWindow) * 1e9) / 2 ** 32);
  const nanosHigh = Math.ceil(((seconds + clockWindow) * 1e9) / 2 ** 32);

  function judge(low: number, high: number): number {
    // A small negative number, and the largest, which stands for never.
    if (high === 0xffffffff && low >= 0x80000000) return kept;
    if (high === 0x7fffffff && low === 0xffffffff) return kept;
    if (high < 2 ** 21 && isAddress(high * 2 ** 32 + low)) return kept;
    if (high < 0x10000) {
      const characters = textLength(low, high);
      return characters > 4 ? rounded : characters > 1 ? doubtful : kept;
    }
    if ((high >= wallLow && high <= wallHigh) || (high >= nanosLow && high <= nanosHigh)) return kept;
    // Two numbers of 32 bits, several flags, or a fraction with few digits.
    if (isSmall(low) && isSmall(high)) return hasText(low) && hasText(high) ? doubtful : kept;
    if (((low | high) & 0xf8f8f8f8) === 0) return kept;
    if (low === 0 && (high & 0xffff) === 0 && isExponent(high >>> 24)) return kept;
    // Two years of a clock that counts from the machine's start, in nanoseconds.
    return high < 2 ** 24 ? rounded : dropped;
  }

  return {
    scrub(bytes, same) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const end = bytes.length - (bytes.length % 8);
      let gone = 0;
      let beforeWasDropped = false;
      let doubtfulBefore = false;
      const drop = (at: number) => {
        view.setUint32(at, 0);
        view.setUint32(at + 4, 0);
        gone += 8;
      };
      for (let at = 0; at < end; at += 8) {
        const low = view.getUint32(at, true);
        const high = view.getUint32(at + 4, true);
        if (low === 0 && high === 0) {
          beforeWasDropped = false;
          doubtfulBefore = false;
          continue;
        }
        const isSame =
          same !== undefined && same.readUInt32LE(at) === low && same.readUInt32LE(at + 4) === high;
        const verdict = isSame ? kept : judge(low, high);
        const isData = verdict === dropped || verdict === rounded;
        if (isData && doubtfulBefore) drop(at - 8);
        if (verdict === dropped || (verdict !== kept && beforeWasDropped)) drop(at);
        else if (verdict === rounded) {
          // Nothing must lead to where the heap begins that did not before.
          view.setUint32(at, isAddress(high * 2 ** 32) ? 0xffffffff : 0);
          gone += 4;
        }
        beforeWasDropped = isData;
        doubtfulBefore = verdict === doubtful;
      }
      // What is no whole word tells nothing.
      gone += bytes.length - end;
      bytes.fill(0, end);
      return gone;
    },
  };
}

/** Number of characters, if all bytes but the last zeros are printable; 0 if any is not. */
function textLength(low: number, high: number): number {
  let count = 0;
  let ended = false;
  for (let i = 0; i < 6; i++) {
    const byte = i < 4 ? (low >>> (i * 8)) & 0xff : (high >>> ((i - 4) * 8)) & 0xff;
    if (byte === 0) ended = true;
    else if (ended || !isPrintable(byte)) return 0;
    else count += 1;
  }
  return count;
}

/** Bytes above 126 belong to characters of UTF-8. */
const isPrintable = (byte: number) => byte >= 0x20 && byte !== 0x7f;
const hasText = (half: number) => isPrintable(half & 0xff) && isPrintable((half >>> 8) & 0xff);
const isSmall = (half: number) => half < 2 ** 24 || half >= 2 ** 32 - 2 ** 16;
/** Upper byte of a float64 from 2^-32 to 2^32, of either sign. */
const isExponent = (byte: number) => (byte & 0x7f) >= 0x3d && (byte & 0x7f) <= 0x41;
