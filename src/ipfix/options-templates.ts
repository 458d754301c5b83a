import { createTemplate, elementNamed, type Template } from './wire/index.ts';

/** Beyond all ids of flow templates. */
const firstId = 4096;

const optionsTemplate = (index: number, scope: readonly string[], others: readonly string[]): Template =>
  createTemplate(
    firstId + index,
    [...scope, ...others].map((name) => ({ element: elementNamed(name)! })),
    scope.length,
  );

/** The options templates that Weir sends. Their first fields are the scope. */
export const optionsTemplates = {
  /** RFC 7011 section 4.1. */
  meteringStatistics: optionsTemplate(
    0,
    ['observationDomainId'],
    ['exportedMessageTotalCount', 'exportedFlowRecordTotalCount', 'exportedOctetTotalCount'],
  ),
  /**
   * RFC 7011 section 4.2. Octets and times of the ignored packets are unknown, so they are left out.
   * `systemInitTimeMilliseconds` is when the counts began.
   */
  meteringLosses: optionsTemplate(
    1,
    ['observationDomainId'],
    ['ignoredPacketTotalCount', 'systemInitTimeMilliseconds'],
  ),
  /** RFC 7011 section 4.3. */
  exportingLosses: optionsTemplate(
    2,
    ['exportingProcessId'],
    [
      'notSentFlowTotalCount',
      'notSentPacketTotalCount',
      'notSentOctetTotalCount',
      'systemInitTimeMilliseconds',
    ],
  ),
  /** RFC 7011 section 4.4. */
  flowKeys: optionsTemplate(3, ['templateId'], ['flowKeyIndicator']),
  /** RFC 5610 section 3.9. */
  elementTypes: optionsTemplate(
    4,
    ['privateEnterpriseNumber', 'informationElementId'],
    [
      'informationElementDataType',
      'informationElementSemantics',
      'informationElementUnits',
      'informationElementRangeBegin',
      'informationElementRangeEnd',
      'informationElementName',
      'informationElementDescription',
    ],
  ),
  /**
   * What the process sees of its host, in elements of IANA: Weir has no enterprise number. First are the name
   * of the host, the program and its version, and why it may miss flows. Then come the IP packets that the
   * host carried, and those of them that were metered.
   */
  meteringState: optionsTemplate(
    5,
    ['observationDomainId'],
    [
      'observationDomainName',
      'applicationName',
      'applicationDescription',
      'selectorIdTotalPktsObserved',
      'selectorIdTotalPktsSelected',
      'systemInitTimeMilliseconds',
    ],
  ),
} as const;

const layouts = new Set(Object.values(optionsTemplates).map(({ layout }) => layout));

/** Whether a template describes the octets of one that Weir sends, whatever its id. */
export const isOwnOptionsTemplate = ({ layout }: Template): boolean => layouts.has(layout);
