import { Command } from 'commander';
import { initCommand } from './certs-init.ts';
import { issueCommand } from './certs-issue.ts';
import { renewCommand } from './certs-renew.ts';
import { revokeCommand } from './certs-revoke.ts';
import { showCommand } from './certs-show.ts';

/** `weir certs`: certificates of agents and aggregators. */
export function certsCommand(): Command {
  return new Command('certs')
    .description('make, renew, revoke and show the certificates of agents and aggregators')
    .addCommand(initCommand())
    .addCommand(issueCommand())
    .addCommand(renewCommand())
    .addCommand(revokeCommand())
    .addCommand(showCommand());
}
