import type { LabErrorCode } from '../../errors.js';

/** What a step of Vagrant failed of; in `details.failure` of the LabError. */
export type VagrantFailure =
  | 'vagrant-missing'
  | 'provider-missing'
  | 'provider-refused'
  | 'plugin-missing'
  | 'box-missing'
  | 'box-broken'
  /** It was to be added and is there already. */
  | 'box-there'
  | 'machine-locked'
  | 'port-taken'
  | 'destroy-refused'
  | 'boot-timeout'
  | 'no-space'
  | 'not-ready'
  | 'no-such-machine'
  | 'no-snapshot'
  | 'bad-vagrantfile'
  | 'interrupted-elsewhere'
  | 'provisioning'
  | 'late'
  | 'unknown';

export interface FailedStep {
  /** As a person names it, for example `vagrant up`. */
  readonly step: string;
  readonly argv: readonly string[];
  readonly deadlineMs: number;
  readonly logFile?: string | undefined;
}

export interface Explanation {
  readonly failure: VagrantFailure;
  readonly code: LabErrorCode;
  readonly what: string;
  readonly hint: string;
}

export interface Evidence {
  /** Ruby class of the error, without its module. */
  readonly name: string;
  readonly text: string;
  /** The last lines of everything that was written. */
  readonly lines: readonly string[];
  readonly step: FailedStep;
}
