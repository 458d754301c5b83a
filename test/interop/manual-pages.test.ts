import { expect, it } from 'vitest';
import { manualName, manualPage } from '../../packaging/source/manual-page.ts';
import { everyCommand, weirProgram } from '../../src/cli/program.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';

const commands = everyCommand(await weirProgram());

requires('mandoc')('a manual page', () => {
  it.each(commands.map((command) => [manualName(command), command] as const))(
    'is accepted by mandoc without a warning: %s',
    async (_, command) => {
      const input = manualPage(command, '1.2.3', '2026-01-31');
      const lint = await new Program(['mandoc', '-T', 'lint', '-W', 'warning'], { input }).ended;
      expect(lint.stdout).toBe('');
      const text = input.replaceAll('\\-', '-');
      for (const { long, description } of command.options) {
        expect(text).toContain(long);
        expect(text).toContain(description);
      }
    },
  );
});
