import { z } from 'zod';
import { openFolders } from '../../mcp/folders.js';
import { serve } from '../../mcp/server.js';
import { labVersion } from '../../store/lab-version.js';
import type { LabCommand } from '../command.js';
import { defineMcp } from '../manual/mcp.js';

const optionsSchema = z.looseObject({ sources: z.boolean().default(false) });

export const mcpCommand: LabCommand = {
  define: defineMcp,
  async act({ args, options, signal }) {
    const { sources } = optionsSchema.parse(options);
    const folders = await openFolders(args.flat().map(String));
    const { StdioServerTransport } = await import('@modelcontextprotocol/sdk/server/stdio.js');
    const transport = new StdioServerTransport();
    // The transport itself does not tell when its client is gone.
    process.stdin.once('end', () => void transport.close());
    await serve(transport, { folders, sources, version: await labVersion() }, signal);
    signal.throwIfAborted();
    return 0;
  },
};
