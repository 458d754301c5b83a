import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { apiDocument } from '../src/api/index.ts';
import { configFiles, type FileKind, fileSchema } from '../src/cli/config/index.ts';
import { everyCommand, fullName, weirProgram } from '../src/cli/program.ts';
import { type Element, fieldNames, fieldOf, filterWords, IANA, REVERSE } from '../src/flow/index.ts';
import { errorTexts } from '../src/runtime/error-codes.ts';
import type { Shape } from '../src/runtime/index.ts';
import { apiPage } from './api-page.ts';
import { filtersPage } from './filters-page.ts';
import { logqlProofsPage } from './logql-proofs-page.ts';
import { metricsPage } from './metrics-page.ts';

/*
 * npm run docs: renders the pages of docs/reference/ from the code. A test checks that the committed files
 * are current.
 */

const written = '<!-- Written by "npm run docs" from the code. Change that, not this. -->\n';

/** The pages by their path from the project's root. */
export const referencePages: Readonly<Record<string, () => string>> = {
  'docs/reference/agent.schema.json': () => schemaFile('agent'),
  'docs/reference/aggregator.schema.json': () => schemaFile('aggregator'),
  'docs/reference/api.md': () => apiPage(written),
  'docs/reference/cli.md': cliPage,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/filters.md': () => filtersPage(written),
  'docs/reference/flow-record.md': flowRecordPage,
  'docs/reference/openapi.json': () => `${JSON.stringify(apiDocument('local'), undefined, 2)}\n`,
  'docs/reference/logql-proofs.md': () => logqlProofsPage(written),
  'docs/reference/metrics.md': () => metricsPage(written),
};

const program = await weirProgram();

function cliPage(): string {
  const commands = everyCommand(program).filter(
    (command) => command.commands.length === 0 || command === program,
  );
  const parts = commands.map((command) => `## ${fullName(command)}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`);
  const words = Object.entries(filterWords).map(([word, what]) => `| \`--${word}\` | ${what} |`);
  return `${written}# Command line

\`weir\` is one program. In a checkout \`npx weir …\` runs it. It starts the pinned Node itself.

| exit status | means |
|---|---|
| 0 | done |
| 1 | the command failed |
| 2 | wrong usage or configuration |
| 3 | a check failed |

Data goes to standard output, everything else to standard error. \`NO_COLOR\` is honoured. When the reader of standard
output closes it (\`weir flows | head\`), the program ends without an error. On Ctrl-C, SIGTERM or SIGHUP a long-running program sends its last
records and prints the ledger to standard error. A second signal ends it at once.

## Filters

The same filters work on the command line, as query parameters of \`/flows\`, and in configuration files. You can repeat a filter: any of its
values matches. \`!\` before a value negates it. A record passes when it matches every filter. \`--where\` and the parameter \`where\` take
[a text with \`and\`, \`or\`, \`not\` and more words](filters.md). \`weir logql\` prints the same filters as a query
for Loki ([searching flows in Loki](../logql.md)), \`weir logsql\` for VictoriaLogs ([searching flows in VictoriaLogs](../logsql.md)).

| word | value |
|---|---|
${words.join('\n')}

${parts.join('\n')}`;
}

/** The whole output of --help, at a width independent of the terminal. */
function helpOf(command: Command): string {
  let text = '';
  const collectText = (piece: string) => {
    text += piece;
  };
  command
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeOut: collectText, writeErr: collectText })
    .outputHelp();
  return text.trimEnd();
}

function errorsPage(): string {
  const parts = Object.entries(errorTexts).map(
    ([code, { meaning, cause, remedy }]) =>
      `## ${code}\n\n${meaning}\n\n- Cause: ${cause}\n- Remedy: ${remedy}\n`,
  );
  return `${written}# Errors

Weir ends a message about an error with its code. A code stays once it has shipped.

${parts.join('\n')}`;
}

function configurationPage(): string {
  const { agent, aggregator } = configFiles;
  return `${written}# Configuration

The configuration is YAML. Weir does not start with an unknown key, a wrong type or an invalid value. The message contains the file, the line,
the key, the expected value and the value found. For a misspelt key it suggests the right one. For invalid YAML it contains file, line and
column. A key without a value has no effect. Durations have the form of Go: \`"5s"\`, \`"1m30s"\`, \`"250ms"\`.

A file may also be a ConfigMap that contains it, or the part of one that begins with \`${agent.key}: |\` or \`${aggregator.key}: |\`.
Anchors, aliases and merge keys (\`<<: *name\`) work, for example for similar sinks. Weir refuses tags of other programs (\`!env\`).

**Check before the start.** \`weir config check FILE\` reports all faults that would prevent a start. It also checks the files and directories that the file names.
It reads credentials and certificates, and checks that spools and the files of sinks could be written. It creates none. On a host without these files,
use \`--no-paths\`.

**Begin with an example.** \`weir config example agent\` prints a file with every option, its values and its default, as comments.
Editors check and complete a file by its JSON schema, [agent](agent.schema.json) or [aggregator](aggregator.schema.json). With the YAML
language server, begin the file with \`# yaml-language-server: $schema=PATH\`. Only the check tests conditions on two options.

**Secrets and variables.** Keep secrets out of this file. Write each into a separate file that only Weir may read, and name that file: \`headersFile\`
for headers with tokens, \`passwordFile\` or \`bearerTokenFile\` for a sink, \`keyFile\` for a private key. In Kubernetes mount a Secret. Weir
reads a changed file again without a restart. Weir does not expand environment variables in values: it refuses \`\${NAME}\`, \`$(NAME)\`
and \`$NAME\` in capitals. For values that differ between hosts, start Weir with \`--default OPTION=VALUE\`, such as
\`--default weir.nodeName=node-1\`. It counts where the file leaves the option out. In a Pod, Kubernetes replaces \`$(NAME)\` there.

**TLS is the default** between agents and aggregator, as in the reference system. Without certificates Weir does not start, and does not
silently use TCP instead. \`weir certs\` makes certificates ([guide](../how-to/certificates.md)). For TCP or UDP, end
\`flowCollectorAddr\` with \`:tcp\` or \`:udp\`, and set \`aggregatorTransportProtocol\` to the same.

**Not available yet.** Weir does not start with \`clickHouse\`, \`s3Uploader\` and \`flowStreamService\`.
\`weir config check\` ends with 3 when a file sets such an option, or when certificates are missing.

## Agent (\`${agent.key}\`)

${optionTable(agent.root)}

## Aggregator (\`${aggregator.key}\`)

${optionTable(aggregator.root)}
`;
}

const schemaFile = (kind: FileKind): string => `${JSON.stringify(fileSchema(kind), undefined, 2)}\n`;

function optionTable({ shape }: { readonly shape: Shape }): string {
  return `| key | value | default | |\n|---|---|---|---|\n${optionRows(shape, '').join('\n')}`;
}

function optionRows(shape: Shape, path: string): string[] {
  return Object.entries(shape).flatMap(([key, node]) => {
    const full = path === '' ? key : `${path}.${key}`;
    if (node.kind === 'option') {
      const { value, defaultText, derived, description } = node;
      const cells = [`\`${full}\``, value, defaultText ?? derived ?? '', description].map(cellText);
      return [`| ${cells.join(' | ')} |`];
    }
    const isList = node.kind === 'sections';
    return [
      `| \`${full}\` | ${isList ? 'a list of maps' : 'a map'} | | **${cellText(node.description)}** |`,
      ...optionRows(node.shape, isList ? `${full}[]` : full),
    ];
  });
}

const cellText = (text: string): string => text.replaceAll('|', '\\|').replace(/<(?=\w)/g, '&lt;');

function flowRecordPage(): string {
  const rows = fieldNames.map((name) => {
    const { description, elements, ipv6Elements = [], unit, storage, enumeration } = fieldOf(name);
    const values =
      enumeration === undefined
        ? ''
        : [...enumeration.names].map(([number, text]) => `${number} ${text}`).join(', ');
    const what = [description, values === '' ? '' : `(${values})`].filter(Boolean).join(' ');
    const all = [...elements, ...ipv6Elements].map(elementText).join('<br>');
    return `| \`${name}\` | ${unit ?? kinds[storage]} | ${cellText(what)} | ${all} |`;
  });
  return `${written}# Flow record

One JSON object a line. Keys are the names of IPFIX elements. The two address families share \`sourceIP\`, \`destinationIP\`,
\`destinationServiceIP\` and \`proxySnatIP\`; \`icmpTypeCode\` has its family's element name. Times are RFC 3339 with milliseconds.
Counters are numbers up to 2^53 and strings above. Enumerations are names. The protocol is both, \`"protocol":"TCP"\` beside
\`"protocolIdentifier":6\`. A field without a value is absent, so an uncounted value never looks like zero.

The table shows elements as enterprise and number. Weir writes the first of several elements, and reads all of them.

| field | unit | meaning | IPFIX elements |
|---|---|---|---|
${rows.join('\n')}
`;
}

const kinds = {
  address: 'address',
  string: 'text',
  unsigned8: 'number',
  unsigned16: 'number',
  unsigned32: 'number',
  unsigned64: 'number',
  time: 'time',
} as const;

function elementText({ enterprise, id, name }: Element): string {
  const registry =
    enterprise === IANA ? 'IANA' : enterprise === REVERSE ? 'reverse (29305)' : String(enterprise);
  return `${name} ${registry}/${id}`;
}

if (import.meta.main) {
  for (const [path, render] of Object.entries(referencePages)) {
    writeFileSync(new URL(`../${path}`, import.meta.url), render());
  }
}
