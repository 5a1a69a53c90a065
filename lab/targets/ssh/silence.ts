import type { ClientChannel } from 'ssh2';

export interface Silence {
  /** Whether the time was over before `stop`. */
  silent(): boolean;
  stop(): void;
}

/** Calls `gaveUp` when nothing has gone over the channel, either way, for `ms` milliseconds. */
export function watchSilence(channel: ClientChannel, ms: number, gaveUp: () => void): Silence {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    gaveUp();
  }, ms);
  const alive = (): void => void timer.refresh();
  channel.on('data', alive).on('drain', alive);
  return {
    silent: () => over,
    stop() {
      clearTimeout(timer);
      channel.off('data', alive).off('drain', alive);
    },
  };
}
