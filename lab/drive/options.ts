import type { WatchOptions } from '../hang/watch.js';
import type { LoadDriver } from '../load/driver.js';
import type { Drive, Symptom } from '../scenarios/drive.js';

/** Which server is driven, and how. */
export interface DriveOptions extends WatchOptions {
  /** `http://host:port` of net/http/pprof. */
  readonly pprofUrl: string;
  readonly driver: LoadDriver;
  readonly drive: Drive;
  readonly symptom: Symptom;
  /** Whether the program's functions may have other names than drive and symptom say. */
  readonly anyNames?: boolean;
}
