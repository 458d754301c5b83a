import { describe, expect, it } from 'vitest';
import { consoleCommand } from '../../src/cli/console.ts';
import { eventsCommand } from '../../src/cli/events.ts';
import { flowsCommand } from '../../src/cli/flows.ts';
import { mcpCommand } from '../../src/cli/mcp.ts';
import { queryCommand } from '../../src/cli/query.ts';

const commands = {
  console: consoleCommand,
  events: eventsCommand,
  flows: flowsCommand,
  mcp: mcpCommand,
  query: queryCommand,
};

const access = [
  ['--server', 'http://127.0.0.1:1'],
  ['--token-file', '/nowhere'],
  ['--ca-file', '/nowhere'],
  ['--context', 'production'],
  ['--service-account', 'reader'],
  ['--aggregator', 'weir/flow-aggregator'],
] as const;

describe.each(Object.entries(commands))('weir %s', (_, command) => {
  const run = (...args: string[]) => command().exitOverride().parseAsync(args, { from: 'user' });

  it.each(access)('refuses %s where the files of a history are asked', async (option, value) => {
    await expect(run('--from', 'history', option, value)).rejects.toMatchObject({
      code: 'WEIR_USAGE_FROM',
      message: expect.stringContaining(`${option} is for a`),
      remedy: expect.stringContaining(option),
    });
  });

  it('refuses a directory where a running process is asked', async () => {
    await expect(run('--directory', '/nowhere')).rejects.toMatchObject({
      code: 'WEIR_USAGE_FROM',
      message: expect.stringContaining('--directory is for'),
    });
  });
});
