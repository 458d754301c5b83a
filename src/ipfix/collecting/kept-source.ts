import type { ExportProtocol } from '../export-protocol.ts';
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

/** The templates of one session over UDP, as plain data. */
export interface KeptSource {
  readonly peer: string;
  readonly exportProtocol: ExportProtocol;
  readonly domains: readonly KeptDomain[];
}

/** What is read of a session. */
interface KeptSession {
  readonly peer: string;
  readonly exportProtocol: ExportProtocol;
  readonly templates: TemplateStore;
  readonly domains: ReadonlyMap<number, { readonly latest: LatestMessage }>;
  readonly kept: ReadonlyMap<number, LatestMessage> | undefined;
}

/** Undefined if it has no templates. @param wallAt the wall clock at a monotonic time */
export function keptSourceOf(
  { peer, exportProtocol, templates, domains, kept: notHeard }: KeptSession,
  wallAt: (monotonicMs: number) => number,
): KeptSource | undefined {
  if (templates.size === 0) return undefined;
  const kept = [...templates.domains].map((id): KeptDomain => {
    const domain = domains.get(id);
    const latest = domain === undefined ? notHeard?.get(id) : domain.latest;
    return {
      id,
      sequenceNumber: latest?.sequenceNumber,
      uptime: latest?.uptime,
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

export function templateOf({ id, scopeFieldCount, fields }: KeptTemplate): Template {
  const complete = fields.map(([enterprise, elementId, length, name, type]) => {
    const known = elementOf(enterprise, elementId);
    return { element: name === undefined || type === undefined ? known : { ...known, name, type }, length };
  });
  return createTemplate(id, complete, scopeFieldCount);
}
