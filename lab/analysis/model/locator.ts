import type { Owner, Via } from '../../source/facts.js';
import type { Frame } from './frames.js';

/** The address of the object that an expression means in a frame; `other` when it is no such object at all. */
export type Address = number | 'other' | 'unreadable';

/** Tells which object is meant in frames. */
export interface Locator {
  address(goroutine: number, frame: number, expression: string): Promise<Address>;
  /** The object by what the goroutine waits for: a pointer in the frame's memory leads to both. */
  through(query: FrameQuery & { readonly via: Via; readonly waited: ReadonlySet<number> }): Address;
  /** Whether the frame's memory holds the address itself. */
  holds(query: FrameQuery & { readonly address: number }): boolean;
  /**
   * Whether the frame's memory holds a function value among whose first `captured` words is a pointer to the object, or to
   * what has it `offset` bytes further.
   */
  binds(
    query: FrameQuery & { readonly address: number; readonly offset: number; readonly captured: number },
  ): boolean;
  /** Where the expression cannot be read: whether the frame's memory keeps a pointer to the object. */
  keeps(
    query: FrameQuery & { readonly owner: Owner; readonly address: number },
  ): 'kept' | 'other' | 'unreadable';
}

/** Where nothing tells of the objects that frames mean: each may be any. */
export const nothingLocated: Locator = {
  address: () => Promise.resolve('unreadable'),
  through: () => 'unreadable',
  holds: () => false,
  binds: () => false,
  keeps: () => 'unreadable',
};

export interface FrameQuery {
  readonly goroutine: number;
  readonly frame: Frame;
  /** The nearest frame inside that has memory of its own; `undefined` for the innermost. */
  readonly called: Frame | undefined;
}

/** Which objects operands mean, by what is known of them. */
export interface Locators {
  readonly channels: Locator;
  readonly syncObjects?: Locator | undefined;
}
