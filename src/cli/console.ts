import { Command, Option } from 'commander';
import { logqlRoute, storedRoutes } from '../api/index.ts';
import type { Lacks } from '../console/index.ts';
import { HttpServer, healthRoutes, type Routes, routesForToken } from '../http/index.ts';
import { QueryDesk } from '../query/index.ts';
import { type Component, WeirError } from '../runtime/index.ts';
import { ConsoleNotice, wireConsole } from './console-part.ts';
import { defaultConsole } from './default-addresses.ts';
import { consoleFolder, historyDirectory } from './history-directory.ts';
import { httpAddress } from './http-address-option.ts';
import { deniedSubjects, passedRoutes } from './passed-routes.ts';
import { askAggregator, LastingServer, namedServer } from './server/index.ts';
import { Service } from './service.ts';
import { addSourceOptions, expectOptionsOfSource, type SourceOptions } from './source-options.ts';

interface ConsoleOptions extends SourceOptions {
  readonly http: typeof defaultConsole;
}

/** `weir console`: the console on this machine, over an aggregator elsewhere or over files. */
export function consoleCommand(): Command {
  const command = new Command('console')
    .description('show the console in a browser of this machine: of an aggregator in a cluster, or of files')
    .addOption(
      new Option('--http <address>', 'answer browsers here, on loopback')
        .argParser(httpAddress)
        .default(defaultConsole, `${defaultConsole.host}:${defaultConsole.port}`),
    )
    .action((options: ConsoleOptions) => serveConsole(options));
  addSourceOptions(command);
  return command.addHelpText(
    'after',
    `
It prints a link for a browser on this machine, and runs until Ctrl-C. The aggregator is asked in your name: the console shows what you
may read, and only those who have the link see it. See docs/how-to/console.md.

Examples:
  weir console --context production
  weir console --context production --service-account shop/weir-flow-reader
  weir console --from history --directory /var/lib/weir/history`,
  );
}

async function serveConsole(options: ConsoleOptions): Promise<void> {
  expectOptionsOfSource(options);
  const service = new Service();
  const { routes, lacks, components } =
    options.from === 'history' ? sourceInFiles(options, service) : await sourceElsewhere(options, service);
  const settings = {
    listen: options.http,
    tokenFile: undefined,
    console: true,
    names: [],
    basePath: '',
  };
  const console = await wireConsole(settings, consoleFolder(), process.stderr.isTTY, service, lacks);
  if (console.proof === undefined || console.token === undefined)
    throw new WeirError(
      'WEIR_HTTP_TOKEN_FILE',
      `the console needs a folder for its token: ${consoleFolder()}`,
      {
        remedy: 'Name one that you may write to: WEIR_STATE=DIRECTORY weir console.',
      },
    );
  const all = { ...routesForToken({ ...routes, '/flows/logql': logqlRoute }), ...console.routes };
  const http = new HttpServer(options.http, all, service.log, {
    name: 'console',
    setting: '--http ADDRESS',
    proof: console.proof,
    ledger: service.ledger,
  });
  await service.run([http, new ConsoleNotice(http, console.token, service), ...components]);
}

/** What answers the console's questions. */
interface ConsoleSource {
  readonly routes: Routes;
  readonly lacks: () => Promise<Lacks>;
  readonly components: readonly Component[];
}

/** @throws {WeirError} what a first question shows to be wrong: before the console is open */
async function sourceElsewhere(options: ConsoleOptions, { clock }: Service): Promise<ConsoleSource> {
  const server = new LastingServer(() => namedServer(options, { isLasting: true }), clock);
  const { address, token } = await server.named();
  for await (const _ of await askAggregator(address, { path: '/flows?last=0', token }));
  return { routes: passedRoutes(server), lacks: () => deniedSubjects(server), components: [] };
}

const lacksOfFiles: Lacks = {
  ledger: 'This console reads files; only a running process knows what it has lost.',
  exporters: 'This console reads files; only a running aggregator knows its exporters.',
  metrics: 'This console reads files; only a running process has metrics, such as how full links are.',
  readyz: 'This console reads files; only a running process can say whether it sees what it should.',
  live: 'This console reads files; only a running process has flows as they come.',
};

function sourceInFiles(options: ConsoleOptions, service: Service): ConsoleSource {
  const { clock, ledger, log } = service;
  const queries = new QueryDesk(clock, { log });
  const directory = options.directory ?? historyDirectory();
  const routes = storedRoutes({ clock, ledger, log, queries, history: () => directory });
  return {
    routes: { ...routes, ...healthRoutes(service) },
    lacks: async () => lacksOfFiles,
    components: [queries],
  };
}
