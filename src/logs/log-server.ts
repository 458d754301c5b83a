/** The differences between servers that take lines by Loki's push API. */
export interface LogServer {
  /** Its name for people. */
  readonly title: string;
  /** The name of its sink in the aggregator's file. */
  readonly section: string;
  /** In its error codes: WEIR_<code>_FILE. */
  readonly code: 'LOKI' | 'VICTORIALOGS';
  /** The path after its base for pushes. */
  readonly pushPath: string;
  /** Sent with every push and every query. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names in lower case. */
  tenantHeaders(tenant: string): Record<string, string>;
  /** Whether it refuses lines that are far behind the newest of their stream. */
  readonly isOrdered: boolean;
  /**
   * What it does to lines without reporting it: it answers as if it had stored them. Undefined when it
   * reports everything.
   */
  readonly unsaid?: Unsaid;
}

export interface Unsaid {
  /** By default, older lines are dropped … */
  readonly retentionMs: number;
  /** … and lines this far ahead of its clock. */
  readonly futureMs: number;
  /** Lines may be only in its memory for this long. A crash loses them. */
  readonly inMemoryMs: number;
}

const DAY_MS = 86_400_000;

export const logServers = {
  loki: {
    title: 'Loki',
    section: 'loki',
    code: 'LOKI',
    pushPath: '/loki/api/v1/push',
    headers: {},
    tenantHeaders: (tenant) => ({ 'x-scope-orgid': tenant }),
    isOrdered: true,
  },
  victoriaLogs: {
    title: 'VictoriaLogs',
    section: 'victoriaLogs',
    code: 'VICTORIALOGS',
    pushPath: '/insert/loki/api/v1/push',
    // keeps a JSON line unchanged
    headers: { 'vl-loki-disable-message-parsing': 'true' },
    tenantHeaders: (tenant) => {
      const [account = '', project = '0'] = tenant.split(':');
      return { accountid: account, projectid: project };
    },
    isOrdered: false,
    unsaid: {
      retentionMs: 7 * DAY_MS,
      futureMs: 2 * DAY_MS,
      inMemoryMs: 10_000, // twice -inmemoryDataFlushInterval: a flush takes time
    },
  },
} satisfies Record<string, LogServer>;

export type LogServerName = keyof typeof logServers;

/** The lines' account in the ledger, for a sink of this name. */
export const accountName = (server: LogServerName | 'detect' = 'loki', sink: string): string =>
  server === 'detect' ? sink : `${server.toLowerCase()} ${sink}`;

/** A tenant in each server's form: a name, or AccountID or AccountID:ProjectID. Undefined when invalid. */
export function readTenant(server: LogServerName, text: string): string | undefined {
  if (server === 'loki') return text === '' ? undefined : text;
  const parts = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text)?.slice(1) ?? [];
  const isTenant = parts.length > 0 && parts.every((part) => Number(part ?? 0) < 2 ** 32);
  return isTenant ? text : undefined;
}
