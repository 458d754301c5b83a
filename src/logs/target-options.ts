import { credentialOptions } from '../http/index.ts';
import { customOption, textOption } from '../runtime/index.ts';
import { type LogServerName, logServers, readTenant } from './log-server.ts';

/** Options about a server and who asks it: those of sinks, and of the program's own log. */
export const targetOptions = (server: LogServerName, what: string) => ({
  tenant: tenants[server](what),
  ...credentialOptions('"authorization: Bearer TOKEN"', `${logServers[server].title}'s`),
});

const tenants = {
  loki: (what: string) =>
    textOption({
      description: `tenant of ${what}, for a Loki with several tenants: the header X-Scope-OrgID`,
      value: 'a name',
    }),
  victoriaLogs: (what: string) =>
    customOption(
      {
        description: `tenant of ${what}: the headers AccountID and ProjectID`,
        value: 'AccountID or AccountID:ProjectID, such as "7" or "7:2"',
        derived: "VictoriaLogs' own, 0:0",
        json: { type: ['string', 'number'] },
      },
      (found) =>
        typeof found === 'string' || typeof found === 'number'
          ? readTenant('victoriaLogs', String(found))
          : undefined,
    ),
};

/** Whether a label of Loki may have a name; two underscores are Loki's own. */
export const isLabelName = (name: string): boolean => /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
