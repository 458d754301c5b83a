import type { AccountStatement } from '../../../runtime/account-statement.ts';

export const stages = ['seen', 'exported', 'collected', 'aggregated', 'passed on', 'beside'] as const;
export type Stage = (typeof stages)[number];

/** What happens to flows in each stage. */
export const stageTitles: Readonly<Record<Stage, string>> = {
  seen: 'Seen by the agent',
  exported: 'Exported',
  collected: 'Collected',
  aggregated: 'Aggregated',
  'passed on': 'Passed on to sinks',
  beside: 'Beside the pipe',
};

const stageOfName: Readonly<Record<string, Stage>> = {
  'ip packets': 'seen',
  conntrack: 'seen',
  connections: 'seen',
  'denied packets': 'seen',
  'denied flows': 'seen',
  agent: 'exported',
  'ipfix out': 'exported',
  'ipfix in messages': 'collected',
  'ipfix in': 'collected',
  aggregator: 'aggregated',
};

const SINK = 'sink ';
const SPOOL = ' spool';

/** A place that flows pass, and where it stands along the pipe. */
export interface Hop extends AccountStatement {
  readonly stage: Stage;
  readonly droppedCount: number;
}

/**
 * The accounts along the pipe. The ledger has them in the order in which records pass them. A sink has an
 * account of its queue, and may have one of its own name and one of its spool: they stand together.
 */
export function hopsOf(accounts: readonly AccountStatement[]): readonly Hop[] {
  const sinks = accounts.flatMap(({ name }) => (name.startsWith(SINK) ? [name.slice(SINK.length)] : []));
  const sinkOf = (name: string): string | undefined =>
    sinks.find((sink) => [sink, SINK + sink, sink + SPOOL, `${SINK}${sink}${SPOOL}`].includes(name));
  const hops = accounts.map((account) => ({
    ...account,
    stage: stageOfName[account.name] ?? (sinkOf(account.name) === undefined ? 'beside' : 'passed on'),
    droppedCount: Object.values(account.dropped).reduce((sum, count) => sum + count, 0),
  }));
  const placeOf = ({ name, stage }: Hop): number =>
    stages.indexOf(stage) * 1_000 + (stage === 'passed on' ? sinks.indexOf(sinkOf(name)!) : 0);
  return hops.sort(
    (a, b) => placeOf(a) - placeOf(b) || Number(b.name.startsWith(SINK)) - Number(a.name.startsWith(SINK)),
  );
}

/** What a hop dropped for a reason. */
export interface HopLoss {
  readonly hop: string;
  readonly unit: string;
  readonly reason: string;
  readonly count: number;
  /** Since an earlier reading of the ledger. */
  readonly growth: number;
  /** Whether anything that the hop dropped is lost, not merely unwanted. */
  readonly isLoss: boolean;
}

/** All drops by reason, losses first, and how much they have grown since an earlier reading. */
export function hopLosses(hops: readonly Hop[], earlier: readonly Hop[]): readonly HopLoss[] {
  const before = new Map(earlier.map((hop) => [JSON.stringify([hop.name, hop.unit]), hop]));
  return hops
    .flatMap(({ name, unit, dropped, lost }) => {
      const known = before.get(JSON.stringify([name, unit]));
      return Object.entries(dropped).flatMap(([reason, count]) =>
        count === 0
          ? []
          : [
              {
                hop: name,
                unit,
                reason,
                count,
                growth: Math.max(0, count - (known?.dropped[reason] ?? 0)),
                isLoss: lost > 0,
              },
            ],
      );
    })
    .sort((a, b) => Number(b.isLoss) - Number(a.isLoss) || b.count - a.count);
}

/** Whether the process watches connections of its host, but not the log of its firewall. */
export function readsNoFirewall(hops: readonly Hop[]): boolean {
  const hasAccount = (account: string) => hops.some(({ name }) => name === account);
  return hasAccount('connections') && !hasAccount('denied packets');
}
