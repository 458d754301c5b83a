/** What differs between the servers that take lines by Loki's push API. */
export interface LogServer {
  /** As people call it. */
  readonly title: string;
  /** What a sink for it is called in the aggregator's file. */
  readonly section: string;
  /** In the codes of errors about it: WEIR_<code>_FILE. */
  readonly code: 'LOKI' | 'VICTORIALOGS';
  /** What comes behind its base to push lines. */
  readonly pushPath: string;
  /** With every push and every question. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names in lower case. */
  tenantHeaders(tenant: string): Record<string, string>;
  /** Whether it refuses lines that are far behind the newest of their stream. */
  readonly isOrdered: boolean;
  /**
   * What it does to lines and does not say: it answers as if it had stored them. Undefined where it says all.
   */
  readonly unsaid?: Unsaid;
}

export interface Unsaid {
  /** Unless it is told otherwise, lines that are older are dropped … */
  readonly retentionMs: number;
  /** … and those that are so far ahead of its clock. */
  readonly futureMs: number;
  /** Lines may be in its memory alone for so long. A crash loses them. */
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
    // a line that is JSON stays the line that it is
    headers: { 'vl-loki-disable-message-parsing': 'true' },
    tenantHeaders: (tenant) => {
      const [account = '', project = '0'] = tenant.split(':');
      return { accountid: account, projectid: project };
    },
    isOrdered: false,
    unsaid: {
      retentionMs: 7 * DAY_MS,
      futureMs: 2 * DAY_MS,
      inMemoryMs: 10_000, // twice -inmemoryDataFlushInterval: a flush takes its time
    },
  },
} satisfies Record<string, LogServer>;

export type LogServerName = keyof typeof logServers;

/** Of lines in the ledger, for a sink of this name. */
export const accountName = (server: LogServerName | 'detect' = 'loki', sink: string): string =>
  server === 'detect' ? sink : `${server.toLowerCase()} ${sink}`;

/**
 * A tenant as each server writes it: a name, or AccountID or AccountID:ProjectID. Undefined where it is none.
 */
export function readTenant(server: LogServerName, text: string): string | undefined {
  if (server === 'loki') return text === '' ? undefined : text;
  const parts = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text)?.slice(1) ?? [];
  const isTenant = parts.length > 0 && parts.every((part) => Number(part ?? 0) < 2 ** 32);
  return isTenant ? text : undefined;
}
