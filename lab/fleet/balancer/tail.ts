import { type FileHandle, open } from 'node:fs/promises';

const chunkBytes = 1 << 20;

/** A log that somebody writes, read as it grows. */
export interface Tail extends AsyncDisposable {
  /** The whole lines that have come since the last call, oldest first; nothing while there is no such file. */
  read(): Promise<readonly string[]>;
}

export function tail(path: string): Tail {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let file: FileHandle | undefined;
  let offset = 0;
  let rest = '';
  return {
    async read() {
      file ??= await open(path).catch(() => undefined);
      if (file === undefined) return [];
      const lines: string[] = [];
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunkBytes, offset);
        offset += bytesRead;
        const parts = (rest + chunk.toString('latin1', 0, bytesRead)).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
        if (bytesRead < chunkBytes) return lines;
      }
    },
    async [Symbol.asyncDispose]() {
      await file?.close();
    },
  };
}
