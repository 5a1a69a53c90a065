/** Somebody with a workbook. */
export interface Guest {
  readonly name: string;
  readonly token: string;
  /** Port of the workbook on 127.0.0.1. */
  readonly port: number;
}
