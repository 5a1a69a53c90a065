import type { Target } from '../targets/target.js';

/** Where an instance lives: its `target` starts processes there, and says at which address they are reached. */
export interface FleetHost extends AsyncDisposable {
  readonly target: Target;
  /** For people: `this machine`, or the namespace's address and the name of its link. */
  readonly text: string;
}
