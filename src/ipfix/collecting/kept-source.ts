import type { ExportProtocol } from '../export-protocol.ts';
import type { KeptStatements } from '../foreign/index.ts';
import type { UptimeFollower } from '../netflow/index.ts';
import {
  createTemplate,
  type DataType,
  elementOf,
  type Template,
  type TemplateStore,
} from '../wire/index.ts';

/** What the latest message of a domain had. It shows whether the exporter has restarted meanwhile. */
export interface LatestMessage {
  /** Of the latest message; undefined if it is not known. */
  readonly sequenceNumber?: number | undefined;
  /** NetFlow only. */
  readonly uptime?: UptimeFollower['latest'] | undefined;
}

interface KeptDomain extends LatestMessage {
  readonly id: number;
  readonly templates: readonly KeptTemplate[];
  /** Its times are in milliseconds since 1970. */
  readonly statements?: KeptStatements | undefined;
}

/** Name and type only of an element that no registry has. */
type KeptField = readonly [enterprise: number, id: number, length: number, name?: string, type?: DataType];

interface KeptTemplate {
  readonly id: number;
  readonly scopeFieldCount: number;
  /** In milliseconds since 1970. */
  readonly receivedMs: number;
  readonly fields: readonly KeptField[];
}

/** The templates and statements of one session over UDP, as plain data. */
export interface KeptSource {
  readonly peer: string;
  readonly exportProtocol: ExportProtocol;
  readonly domains: readonly KeptDomain[];
}

interface SessionDomain {
  readonly latest: LatestMessage;
  readonly foreign: { readonly statements: { readonly kept: KeptStatements | undefined } } | undefined;
}

/** What is read of a session. */
interface KeptSession {
  readonly peer: string;
  readonly exportProtocol: ExportProtocol;
  readonly templates: TemplateStore;
  readonly domains: ReadonlyMap<number, SessionDomain>;
  readonly kept: ReadonlyMap<number, LatestMessage> | undefined;
}

/** Undefined if it has no templates. @param wallAt the wall clock at a monotonic time */
export function keptSourceOf(
  { peer, exportProtocol, templates, domains, kept: notHeard }: KeptSession,
  wallAt: (monotonicMs: number) => number,
): KeptSource | undefined {
  if (templates.size === 0) return undefined;
  const stated = new Map<number, KeptStatements>();
  for (const [id, { foreign }] of domains) {
    const statements = foreign?.statements.kept;
    if (statements !== undefined) stated.set(id, statements);
  }
  const ids = new Set([...templates.domains, ...stated.keys()]);
  const kept = [...ids].map((id): KeptDomain => {
    const domain = domains.get(id);
    const statements = stated.get(id);
    const latest = domain === undefined ? notHeard?.get(id) : domain.latest;
    return {
      id,
      sequenceNumber: latest?.sequenceNumber,
      uptime: latest?.uptime,
      statements: statements && statementsAt(statements, (ms) => Math.round(wallAt(ms))),
      templates: [...templates.templatesOf(id)].map((template) => ({
        id: template.id,
        scopeFieldCount: template.scopeFieldCount,
        receivedMs: Math.round(wallAt(templates.receivedMs(id, template.id)!)),
        fields: template.fields.map(({ element, length }): KeptField => {
          const { enterprise, id: elementId, name, type } = element;
          const isRegistered = elementOf(enterprise, elementId).name === name;
          return isRegistered ? [enterprise, elementId, length] : [enterprise, elementId, length, name, type];
        }),
      })),
    };
  });
  return { peer, exportProtocol, domains: kept };
}

/** The same statements by another clock. */
export function statementsAt(statements: KeptStatements, timeOf: (ms: number) => number): KeptStatements {
  const { ratesHeardMs, rates, interfaces, vrfs } = statements;
  const namesAt = (names: KeptStatements['interfaces']) =>
    names.map(([number, name, heardMs]) => [number, name, timeOf(heardMs)] as const);
  const heardMs = ratesHeardMs === undefined ? undefined : timeOf(ratesHeardMs);
  return { ratesHeardMs: heardMs, rates, interfaces: namesAt(interfaces), vrfs: namesAt(vrfs) };
}

/** The same source without names. */
export function withoutNames(source: KeptSource): KeptSource {
  const domains = source.domains.map(({ statements, ...domain }) => ({
    ...domain,
    statements: statements && { ...statements, interfaces: [], vrfs: [] },
  }));
  return { ...source, domains };
}

export function templateOf({ id, scopeFieldCount, fields }: KeptTemplate): Template {
  const complete = fields.map(([enterprise, elementId, length, name, type]) => {
    const known = elementOf(enterprise, elementId);
    return { element: name === undefined || type === undefined ? known : { ...known, name, type }, length };
  });
  return createTemplate(id, complete, scopeFieldCount);
}
