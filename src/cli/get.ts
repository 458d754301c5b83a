import { Command, Option } from 'commander';
import { WeirError } from '../runtime/index.ts';
import { type ListFormat, ListPrinter, listFormats } from './list-printer.ts';
import {
  addAccessOptions,
  addServerOption,
  askAggregator,
  namedServer,
  type ServerOptions,
} from './server/index.ts';
import { writeLines } from './standard-output.ts';
import type { TableColumn } from './text/index.ts';

/** A row of an answer. */
type Item = Readonly<Record<string, unknown>>;

interface GetOptions extends ServerOptions {
  readonly output: ListFormat;
  readonly [filter: string]: unknown;
}

const textOf = (value: unknown): string => (value === undefined ? '' : String(value));
const columnOf = (title: string, ...keys: readonly string[]): TableColumn<Item> => ({
  title,
  least: title.length,
  text: (item) => textOf(keys.map((key) => item[key]).find((value) => value !== undefined)),
});

/** The filters of flow records, by the names that the API has for them; each is exact. */
const tupleOptions = {
  srcip: 'source address',
  dstip: 'destination address, before or after destination NAT',
  proto: 'protocol, by number or name',
  srcport: 'source port',
  dstport: 'destination port, before or after destination NAT',
} as const;

const flowRecordColumns = [
  columnOf('SRC_IP', 'sourceIPv4Address', 'sourceIPv6Address'),
  columnOf('DST_IP', 'destinationIPv4Address', 'destinationIPv6Address'),
  columnOf('SPORT', 'sourceTransportPort'),
  columnOf('DPORT', 'destinationTransportPort'),
  columnOf('PROTO', 'protocolIdentifier'),
  columnOf('SRC_POD', 'sourcePodName'),
  columnOf('DST_POD', 'destinationPodName'),
  columnOf('SRC_NS', 'sourcePodNamespace'),
  columnOf('DST_NS', 'destinationPodNamespace'),
  columnOf('SERVICE', 'destinationServicePortName'),
];

const recordMetricsColumns = [
  columnOf('RECORDS-EXPORTED', 'numRecordsExported'),
  columnOf('RECORDS-RECEIVED', 'numRecordsReceived'),
  columnOf('RECORDS-DROPPED', 'numRecordsDropped'),
  columnOf('FLOWS', 'numFlows'),
  columnOf('EXPORTERS-CONNECTED', 'numConnToCollector'),
  columnOf('CLICKHOUSE-EXPORTER', 'withClickHouseExporter'),
  columnOf('S3-EXPORTER', 'withS3Exporter'),
  columnOf('LOG-EXPORTER', 'withLogExporter'),
  columnOf('IPFIX-EXPORTER', 'withIPFIXExporter'),
];

const flowCollectorColumns = [
  columnOf('NAME', 'name'),
  columnOf('UP', 'isUp'),
  columnOf('RECORDS-QUEUED', 'queuedRecords'),
  columnOf('RECORDS-SENT', 'sentRecords'),
  columnOf('RECORDS-DROPPED', 'droppedRecords'),
];

const NOT_TOLD = 'not told';
const toldOf = (value: unknown): string => (value === undefined ? NOT_TOLD : String(value));

const exporterColumns: readonly TableColumn<Item>[] = [
  { title: 'EXPORTER', least: 15, text: exporterText },
  { title: 'NAME', least: 12, text: ({ name }) => toldOf(name) },
  { title: 'CERTIFICATE', least: 12, text: ({ peerName }) => String(peerName ?? '-') },
  { title: 'SOFTWARE', least: 10, text: ({ software }) => toldOf(software) },
  columnOf('PROTOCOL', 'protocol'),
  { title: 'LAST-RECORD', least: 24, text: ({ lastRecord }) => String(lastRecord ?? '-') },
  { ...columnOf('RECORDS', 'records'), least: 9 },
  columnOf('LOST', 'lostRecords'),
  { title: 'UNSENT', least: 6, text: ({ unsentRecords }) => toldOf(unsentRecords) },
  { title: 'COVERAGE', least: 8, text: coverageText },
  { title: 'BLIND', least: 5, text: ({ blindBecause }) => blindText(blindBecause) },
];

/** `other` sums up those beyond the bound. */
function exporterText({ exporter, domains }: Item): string {
  return domains === undefined ? textOf(exporter) : `${exporter} (${domains} open)`;
}

/** The packets that an exporter metered of those that its host carried. */
function coverageText({ carriedPackets, meteredPackets }: Item): string {
  const [carried, metered] = [Number(carriedPackets ?? 0), Number(meteredPackets)];
  return carried === 0 ? NOT_TOLD : `${((100 * metered) / carried).toFixed(1)} %`;
}

const blindText = (reasons: unknown): string =>
  Array.isArray(reasons) ? reasons.join(', ') || 'no' : NOT_TOLD;

/** `weir get`: what is in a running aggregator now. */
export function getCommand(): Command {
  const flowRecords = listCommand('flowrecords', 'flows that are in the table now', flowRecordColumns);
  for (const [name, description] of Object.entries(tupleOptions)) {
    flowRecords.option(`--${name} <value>`, description);
  }
  return new Command('get')
    .description(
      'show what is in a running aggregator: flow records, counts of records, collectors, exporters',
    )
    .addCommand(flowRecords)
    .addCommand(listCommand('recordmetrics', 'records and flows since the start', recordMetricsColumns))
    .addCommand(listCommand('flowcollectors', 'where the aggregator sends flows', flowCollectorColumns))
    .addCommand(listCommand('exporters', 'who sends records, and how much each sees', exporterColumns))
    .addHelpText(
      'after',
      `
Examples:
  weir get flowrecords --srcip 10.10.1.7 --dstport 443
  weir get recordmetrics -o json
  weir get flowcollectors --context production
  weir get exporters`,
    );
}

function listCommand(name: string, what: string, columns: readonly TableColumn<Item>[]): Command {
  const command = new Command(name)
    .description(what)
    .addOption(new Option('-o, --output <format>', 'format').choices(listFormats).default('table'))
    .action((options: GetOptions) => showList(`/${name}`, columns, options));
  addAccessOptions(addServerOption(command));
  return command.addHelpText('after', `\nExample:\n  weir get ${name} -o json`);
}

async function showList(
  route: string,
  columns: readonly TableColumn<Item>[],
  options: GetOptions,
): Promise<void> {
  const { address, token } = await namedServer(options);
  const query = new URLSearchParams();
  for (const name of Object.keys(tupleOptions)) {
    const value = options[name];
    if (typeof value === 'string') query.set(name, value);
  }
  const path = query.size === 0 ? route : `${route}?${query}`;
  const printer = new ListPrinter(
    options.output,
    columns,
    route !== '/recordmetrics',
    () => process.stdout.columns,
  );
  await writeLines(printer.head);
  for await (const lines of await askAggregator(address, { path, token })) {
    const items = lines.flatMap((line) => itemsIn(line, address.name));
    await writeLines(items.flatMap((item) => printer.linesOf(item)));
  }
  await writeLines(printer.foot);
}

/** The items of a line: an answer has one line for each item of a list, or one line in all. */
function itemsIn(line: string, server: string): Item[] {
  const text = line.trim().replace(/,$/, '');
  if (text === '' || text === '[' || text === ']') return [];
  try {
    const found = JSON.parse(text) as Item | Item[];
    return Array.isArray(found) ? found : [found];
  } catch (cause) {
    throw new WeirError('WEIR_SERVER_REFUSED', `${server}: expected JSON, found ${text.slice(0, 80)}`, {
      cause,
    });
  }
}
