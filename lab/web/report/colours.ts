export type Colours = ReturnType<typeof coloursOf>;

/** A canvas knows no custom properties: they are read off an element. */
export function coloursOf(box: HTMLElement) {
  const probe = document.createElement('span');
  box.append(probe);
  const read = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    ...{ ink: read('ink'), dim: read('dim'), line: read('line'), paper: read('paper') },
    ...{ accent: read('accent'), wash: read('accent-wash'), good: read('good'), bad: read('bad') },
    ...{ badWash: read('bad-wash'), goodWash: read('good-wash'), warnWash: read('warn-wash') },
  };
  probe.remove();
  return colours;
}
