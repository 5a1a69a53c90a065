import prettyBytes from 'pretty-bytes';
import type { KeptOfCore } from '../capture/kept-of-core.js';
import type { Manifest } from '../kit/manifest.js';

/** What a kit holds of the core, in plain numbers. */
export function coreText(core: KeptOfCore): string[] {
  if (core.kind === 'whole') {
    return [`core: whole, ${prettyBytes(core.size)}; it has all data that the service had in memory`];
  }
  const { kept, dropped, size, objects } = core;
  const list = (parts: readonly (readonly [string, number])[]) =>
    parts
      .filter(([, bytes]) => bytes > 0)
      .map(([what, bytes]) => `${what} ${prettyBytes(bytes)}`)
      .join(', ');
  return [
    `core: ${prettyBytes(size.before)} slimmed to ${prettyBytes(size.after)}, most of it zeros`,
    `  kept: ${list([
      ['stacks', kept.stacks],
      [`${objects.kept} of ${objects.all} objects`, kept.objects],
      ['package variables', kept.variables],
      ["the runtime's tables", kept.runtime],
      ['registers', kept.notes],
    ])}`,
    `  dropped: ${list([
      ['empty pages', dropped.zeros],
      ['code that the executable has', dropped.executable],
      ['heap (strings, buffers, unused memory)', dropped.heap],
      ['other memory', dropped.other],
      ['what may be data within what was kept', dropped.data],
    ])}`,
  ];
}

/** Which tools to look at a kit with. */
export function toolsText({ versions }: Manifest): string {
  return `built with Go ${versions.go.replace(/^go/, '')}; look at it with Delve ${versions.delve} and lab ${versions.lab}, by which it was checked`;
}
