import { z } from 'zod';

export const location = z.object({ function: z.string(), file: z.string(), line: z.number().int() });
