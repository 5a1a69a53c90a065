import type { Target } from '../targets/target.js';

/** Where an instance lives: its `target` starts processes there, and says at which address they are reached. */
export interface FleetHost extends AsyncDisposable {
  readonly target: Target;
  /** For people: `this machine`, or the namespace's address and the name of its link. */
  readonly text: string;
  /** Folder there for what instances write, of which each gets one in it; that of the run where it is the lab's own machine. */
  readonly folder?: string;
  /** The service's program there. */
  readonly exe: string;
  /** It was built with. */
  readonly goVersion: string;
}

/** A host for each instance, in their order; several may be the same. Disposing it ends what was made for them. */
export interface FleetHosts extends AsyncDisposable {
  readonly each: readonly FleetHost[];
}
