/** A captured hang: everything that `lab analyze` needs, with what proves that it belongs together. */
export interface Bundle {
  /** Absolute path of the core file, mode 0600. */
  readonly core: string;
  /** Absolute path of the executable that the process ran. */
  readonly exe: string;
  readonly method: 'gcore' | 'kernel' | 'delve';
  readonly pid: number;
  /** GNU build ID or Go build ID of the executable, as in its notes. */
  readonly buildId: string;
  readonly goVersion: string;
  readonly sha256: { readonly core: string; readonly exe: string };
  /** Bytes: as `ls -l` and as `du` count them, before and after holes were punched. */
  readonly size: { readonly apparent: number; readonly onDisk: number; readonly dense: number };
  /** How long the process stood still, milliseconds. */
  readonly pausedMs: number;
}
