/** Whether a machine runs, in one word for all providers; `undefined` in between, or for what is not known. */
export type MachinePower = 'running' | 'off' | 'suspended' | 'absent';

/** Names of states: libvirt and VirtualBox, then Parallels, VMware and QEMU. */
const powers: Readonly<Record<string, MachinePower>> = {
  not_created: 'absent',
  running: 'running',
  shutoff: 'off',
  poweroff: 'off',
  aborted: 'off',
  stopped: 'off',
  not_running: 'off',
  crashed: 'off',
  paused: 'suspended',
  pmsuspended: 'suspended',
  saved: 'suspended',
  suspended: 'suspended',
};

export function powerOf(state: string): MachinePower | undefined {
  return powers[state];
}
