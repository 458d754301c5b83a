import { Command } from 'commander';
import { folderOption } from './certs-options.ts';
import { writeLines } from './standard-output.ts';

/** `weir certs revoke`: certificates that nobody accepts any more. */
export function revokeCommand(): Command {
  return new Command('revoke')
    .description('add certificates to the revocation list of the authority')
    .argument('<certificate...>', 'names that certificates were issued for, or files with certificates')
    .addOption(folderOption())
    .action(revokeNamed)
    .addHelpText(
      'after',
      `
It writes ca.crl beside ca.crt. Copy it beside ca.crt on every host that must refuse the certificates: above all, that of the aggregator.
A name stands for all its certificates so far. So revoke first, and then issue others. The list is valid as long as its authority.

Examples:
  weir certs revoke node-1
  weir certs revoke node-1/agent.crt`,
    );
}

async function revokeNamed(whom: readonly string[], { dir }: { readonly dir: string }): Promise<void> {
  const { revokeCertificates } = await import('../certificates/index.ts');
  const { path, added, total } = await revokeCertificates(dir, whom, Date.now());
  await writeLines([
    `${path}: ${added} more, ${total} in all`,
    'Copy it beside ca.crt to the hosts that must refuse them: Weir reads it again within seconds.',
  ]);
}
