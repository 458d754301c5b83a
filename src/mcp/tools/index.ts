import type { AnyTool } from '../tool.ts';
import { changesTool } from './changes-tool.ts';
import { coverageTool } from './coverage-tool.ts';
import { eventsTool } from './events-tool.ts';
import { flowsTool } from './flows-tool.ts';
import { namesTool } from './names-tool.ts';
import { policyTool } from './policy-tool.ts';
import { seriesTool } from './series-tool.ts';
import { topTool } from './top-tool.ts';

/** All questions, in the order in which somebody who knows nothing asks them. */
export const tools: readonly AnyTool[] = [
  coverageTool,
  namesTool,
  topTool,
  changesTool,
  seriesTool,
  policyTool,
  eventsTool,
  flowsTool,
];
